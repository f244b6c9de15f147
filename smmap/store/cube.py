"""One variable of a NetCDF or HDF5 file or a Zarr store: times, rows, columns.

xarray reads the files: HDF5 by h5netcdf, the classic NetCDF format by SciPy, both under locks of
their own, so that any thread may read. Scale, offset and fill value of a packed variable are the
file's own and are applied here, once.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from smmap.spec.errors import SceneError, TransientError
from smmap.store.address import is_object, is_web
from smmap.store.expver import EXPVER
from smmap.store.retry import retry
from smmap.store.unpack import unpack

if TYPE_CHECKING:
    import xarray as xr


AT_ONCE_BYTES = 64 * 2**20
"""Of chunks that are unpacked together: each may hold a continent, of which a tile needs little."""


_DAMAGED = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError),
    *(ArithmeticError, EOFError, struct.error, zlib.error),
)
"""What the libraries raise over files that are broken somewhere."""


@dataclass(frozen=True)
class Cube:
    """A variable, opened; values are read when asked for."""

    array: xr.DataArray
    """(time, y, x), or with ``expver`` second; as stored."""
    place: str
    """Address of the file or store."""
    crs: str
    """Coordinate system."""
    transform: Affine
    """Where its pixels lie."""
    times: NDArray[np.datetime64] | None
    """UTC, increasing, microseconds; None: the file says nothing of time."""
    versions: NDArray[np.str_] | None = None
    """(time,): ECMWF's version of the data at each time, ``0001`` or ``0005``; None: unsaid."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.array.shape[-2]), int(self.array.shape[-1])

    def read(
        self, steps: slice, rows: slice, cols: slice, nodata: float | None
    ) -> NDArray[np.float64]:
        """Unpacked values (time, y, x); NaN where there are none. ``nodata`` is as stored.

        Raises
        ------
        SceneError, TransientError
            As of `open_cube`.
        """
        parts = [self._read(one, rows, cols, nodata) for one in self._split(steps, rows, cols)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _split(self, steps: slice, rows: slice, cols: slice) -> list[slice]:
        """Steps that are read together: as many chunks as may be unpacked at once."""
        chunks = self.array.encoding.get("preferred_chunks") or {}
        if not chunks:
            return [steps]
        sizes = [int(chunks.get(str(dim), self.array.sizes[dim])) for dim in self.array.dims]
        across = [
            _count_chunks(one, size) for one, size in zip((rows, cols), sizes[-2:], strict=True)
        ]
        unpacked = math.prod(sizes) * self.array.dtype.itemsize * math.prod(across)
        length = sizes[0] * max(1, AT_ONCE_BYTES // unpacked)
        first = steps.start // length * length
        starts = range(first, steps.stop, length)
        return [slice(max(one, steps.start), min(one + length, steps.stop)) for one in starts]

    def _read(
        self, steps: slice, rows: slice, cols: slice, nodata: float | None
    ) -> NDArray[np.float64]:
        part = self.array[steps, ..., rows, cols]
        values = retry(lambda: self._unpack(part, nodata))
        if EXPVER not in self.array.dims:
            return values
        joined = values[:, 0]
        for other in range(1, values.shape[1]):
            joined = np.where(np.isfinite(joined), joined, values[:, other])
        return joined

    def _unpack(self, part: xr.DataArray, nodata: float | None) -> NDArray[np.float64]:
        with reading(self.place, f"variable '{self.array.name}'"):
            return unpack(part.to_numpy(), self.array.attrs, nodata)


def _count_chunks(part: slice, size: int) -> int:
    """How many chunks a part of an axis touches."""
    return -(-int(part.stop) // size) - int(part.start) // size


@contextmanager
def reading(place: str, what: str) -> Iterator[None]:
    """Turn what goes wrong inside into errors that name ``place``.

    Raises
    ------
    TransientError
        If a remote store failed.
    SceneError
        If a file is damaged, is not there, may not be read, or is not what it should be.
    """
    lasting = False
    try:
        yield
    except FileNotFoundError as error:
        lasting, reason = True, f"{type(error).__name__}: {error}"
    except _DAMAGED as error:
        reason = f"{type(error).__name__}: {error}"
    else:
        return
    reason = " ".join(reason.split())[:300]
    if is_remote(place) and not lasting:
        raise TransientError(f"{place}: {what} not readable at the moment ({reason}); rerun later")
    raise SceneError(
        f"{place}: {what} cannot be read ({reason}); correct its address or "
        "credentials, or replace the file"
    )


def is_remote(href: str) -> bool:
    """Whether an address is none of this machine."""
    return is_web(href) or is_object(href)
