"""One variable of a NetCDF or HDF5 file or a Zarr store: times, rows, columns.

xarray reads the files: HDF5 by h5netcdf, the classic NetCDF format by SciPy, both under locks of
their own, so that any thread may read. Scale, offset and fill value of a packed variable are the
file's own and are applied here, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from affine import Affine
from numpy.typing import NDArray

from smmap.grid.cells import compute_transform
from smmap.spec.band import Reader, Signer
from smmap.spec.errors import SceneError, TransientError
from smmap.store.open_dataset import open_dataset
from smmap.store.probe import is_object, is_web, to_path
from smmap.store.retry import retry

_ROWS, _COLS = ("latitude", "lat", "y"), ("longitude", "lon", "x")
_TIMES = ("valid_time", "time")
_EXPVER = "expver"
"""ECMWF: 0001 is ERA5 and ERA5-Land, 0005 their preliminary version."""
_FILL = 9e36
"""NetCDF's own fill value of floats, 9.97e36, where none is declared."""
_EASE2_9KM = (1624, 3856)
_KNOWN = {
    # EASE-Grid 2.0 global, 9 km (Brodzik et al. 2012, DOI 10.3390/ijgi1010032): SMAP's files
    # hold it without coordinates along its axes.
    _EASE2_9KM: (
        "EPSG:6933",
        Affine(9008.055210146, 0, -17367530.4451615, 0, -9008.055210146, 7314540.8306386),
    )
}


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
        part = self.array[..., rows, cols]
        part = part[steps]
        values = retry(lambda: self._unpack(part, nodata))
        if _EXPVER not in self.array.dims:
            return values
        joined = values[:, 0]
        for other in range(1, values.shape[1]):
            joined = np.where(np.isfinite(joined), joined, values[:, other])
        return joined

    def _unpack(self, part: xr.DataArray, nodata: float | None) -> NDArray[np.float64]:
        with reading(self.place, f"variable '{self.array.name}'"):
            return unpack(part.to_numpy(), self.array.attrs, nodata)


def unpack(
    stored: NDArray[Any], attributes: dict[str, Any], nodata: float | None
) -> NDArray[np.float64]:
    """Values of a packed variable, NaN where there are none (CF conventions, section 8.1)."""
    values = stored.astype(np.float64)
    for fill in (nodata, attributes.get("_FillValue"), attributes.get("missing_value")):
        if fill is not None:
            for one in np.ravel(fill):
                values[stored == one] = np.nan
    values[np.abs(values) > _FILL] = np.nan
    scale, offset = attributes.get("scale_factor"), attributes.get("add_offset")
    if scale is not None:
        values *= float(np.ravel(scale)[0])
    if offset is not None:
        values += float(np.ravel(offset)[0])
    return values


def open_cube(href: str, variable: str, reader: Reader, signer: Signer | None = None) -> Cube:
    """Open a variable; kept open for the next one who asks.

    Parameters
    ----------
    href
        Path of a file or store, or address of a Zarr store.
    variable
        Its name, with its group: ``Soil_Moisture_Retrieval_Data_AM/soil_moisture``.
    reader
        ``netcdf`` or ``zarr``.

    Raises
    ------
    SceneError
        If it is not there, is damaged, or is none of these.
    TransientError
        If a remote store does not answer, after several attempts.
    """
    path = to_path(href)
    return _open(path, variable, reader, signer, None if is_remote(path) else _mark(path))


def is_remote(href: str) -> bool:
    """Whether an address is none of this machine."""
    return is_web(href) or is_object(href)


def _mark(path: str) -> tuple[int, int]:
    """What changes when a file is replaced."""
    try:
        state = Path(path).stat()
    except OSError as error:
        reason = str(error)
    else:
        return state.st_mtime_ns, state.st_size
    raise SceneError(f"{path} cannot be read ({reason}); correct the catalogue's address")


@lru_cache(maxsize=32)  # so many files stay open
def _open(
    path: str,
    variable: str,
    reader: Reader,
    signer: Signer | None,
    mark: tuple[int, int] | None,  # noqa: ARG001 (another file is another entry)
) -> Cube:
    group, _, name = variable.rpartition("/")

    def attempt() -> xr.Dataset:
        with reading(path, f"variable '{variable}'"):
            return open_dataset(path, group, reader, signer)

    dataset = retry(attempt)
    if name not in dataset:
        raise SceneError(
            f"{path} has no variable '{variable}'; it has "
            f"{', '.join(str(one) for one in dataset.data_vars) or 'none'}"
        )
    try:
        with reading(path, f"variable '{variable}'"):
            return _build(dataset[name], dataset)
    except SceneError as error:
        reason = str(error)
    raise SceneError(f"{path}: '{variable}' {reason}")


def _build(array: xr.DataArray, dataset: xr.Dataset) -> Cube:
    dims = [str(one) for one in array.dims]
    time = next((one for one in _TIMES if one in dims), None)
    array = array.squeeze([one for one in dims if array.sizes[one] == 1 and one != time], drop=True)
    rest = [str(one) for one in array.dims if one not in (time, _EXPVER)]
    if len(rest) != 2:
        raise SceneError(f"has the axes {dims}; time, y and x are wanted")
    ys, xs = (next((one for one in rest if one in known), None) for known in (_ROWS, _COLS))
    if ys is None or xs is None:
        ys, xs = rest
    if ys in dataset.variables and xs in dataset.variables:
        crs = _find_crs(array, dataset, ys)
        axes = [dataset[one].to_numpy().astype(np.float64) for one in (xs, ys)]
        transform = compute_transform(axes[0], axes[1], crs)
    elif (array.sizes[ys], array.sizes[xs]) in _KNOWN:
        crs, transform = _KNOWN[array.sizes[ys], array.sizes[xs]]
    else:
        raise SceneError(f"has no coordinates along {rest}; write them into the file")
    if _EXPVER in array.dims:
        array = array.sortby(_EXPVER)  # final first
    times = _read_times(dataset, time)
    order = [one for one in (time, _EXPVER, ys, xs) if one in array.dims]
    array = array.transpose(*order)
    if time is None:
        array = array.expand_dims("time")
    return Cube(array, str(dataset.encoding["source"]), crs, transform, times)


def _find_crs(array: xr.DataArray, dataset: xr.Dataset, rows: str) -> str:
    mapping = array.attrs.get("grid_mapping", array.encoding.get("grid_mapping"))
    attributes = dataset[mapping].attrs if mapping in dataset.variables else {}
    for key in ("crs_wkt", "spatial_ref"):
        if attributes.get(key):
            return str(attributes[key])
    if rows == "y":
        raise SceneError("has axes x and y without a grid mapping that says crs_wkt")
    return "EPSG:4326"


def _read_times(dataset: xr.Dataset, time: str | None) -> NDArray[np.datetime64] | None:
    if time is None or time not in dataset.variables:
        return None
    found = dataset[time].to_numpy()
    if not np.issubdtype(found.dtype, np.datetime64):
        raise SceneError(f"has an axis '{time}' in no calendar that can be read")
    times: NDArray[np.datetime64] = found.astype("datetime64[us]")
    if np.isnat(times).any() or (np.diff(times) <= np.timedelta64(0)).any():
        raise SceneError("has times that do not increase; sort them, each once")
    return times


@contextmanager
def reading(place: str, what: str) -> Iterator[None]:
    """Turn what goes wrong inside into errors that name ``place``.

    Raises
    ------
    TransientError
        If a remote store failed.
    SceneError
        If a file is damaged, is not there, or is not what it should be.
    """
    from obstore.exceptions import BaseError

    gone = False
    try:
        yield
    except FileNotFoundError as error:
        gone, reason = True, str(error)
    except (OSError, ValueError, KeyError, IndexError, TypeError, RuntimeError, BaseError) as error:
        reason = f"{type(error).__name__}: {error}"
    else:
        return
    reason = " ".join(reason.split())[:300]
    if is_remote(place) and not gone:
        raise TransientError(f"{place}: {what} not readable at the moment ({reason}); rerun later")
    raise SceneError(f"{place}: {what} cannot be read ({reason}); correct or replace the file")
