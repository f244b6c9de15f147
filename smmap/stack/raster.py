"""Reads one band of one scene onto a block."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import MaskFlags
from rasterio.errors import CRSError, RasterioError
from rasterio.windows import Window

from smmap.spec.band import Band
from smmap.spec.errors import SceneError, TransientError
from smmap.spec.tile import Block
from smmap.stack.decode import decode
from smmap.stack.positions import Positions, compute_positions, find_window
from smmap.stack.read_meter import count_read
from smmap.stack.resample import Aligned, Source, resample
from smmap.store.dataset import is_left_to_gdal, open_dataset
from smmap.store.gdal import forget_failure, hear_warnings, open_environment
from smmap.store.prefetch import prefetch
from smmap.store.probe import FileState, probe_file, to_path
from smmap.store.retry import ATTEMPTS, retry
from smmap.store.signing import forget_signature, sign_href

_Result = TypeVar("_Result")


_REFUSED = re.compile(r"response[ _]code[=: ]+(408|429|5\d\d)\b")
"""GDAL's words for a part of a file that the server did not send for now."""
_SAME_WARNINGS = 3
"""So many reads in a row with the same warnings: not a fault of the moment."""
_OWN_WARNINGS: dict[str, frozenset[str]] = {}
"""By address: what GDAL always warns of."""


def load_raster(band: Band, block: Block) -> Aligned:
    """Read what the block needs of ``band``, once, and put it onto the block's pixels.

    Raises
    ------
    SceneError
        If the file is missing, truncated or corrupt.
    TransientError
        If a remote file cannot be had at the moment, after several attempts.
    """
    return _read_file(band, lambda file: _read_block(file, band, block))


def load_overview(band: Band, side: int) -> NDArray[np.float32]:
    """The whole band, thinned to at most ``side`` pixels a side; for checks, not for maps.

    Values, nodata and errors as in ``load_raster``.
    """
    return _read_file(band, lambda file: _read_thinned(file, band, side))


def _read_file(band: Band, read: Callable[[rasterio.DatasetReader], _Result]) -> _Result:
    """Read a file, a remote one in several attempts.

    What is wrong is the file only if the server delivered it each time; else it is the server.
    """
    states: list[FileState] = []
    warned: list[frozenset[str]] = []

    def attempt() -> _Result:
        href = to_path(sign_href(band.href, band.sign))
        with hear_warnings() as told:
            result, refusal, reason = _try_to_read(href, band, read)
        if not reason:
            warned.append(frozenset(told))
            if not is_left_to_gdal(href, band) or _is_its_own(band.href, warned):
                if refusal is not None:
                    raise refusal
                return cast("_Result", result)
            # What GDAL could not fetch of a header it takes for absent.
            reason = "; ".join(told)
        if refused := _REFUSED.search(" ".join(told)):
            reason = f"{reason}; the server answered {refused[1]}"
        # Raised outside any handler: a rasterio error cannot be sent between processes.
        reason = reason.replace(href, band.href)  # a signature is for nobody's eyes
        states.append(_find_state(href, band, refused=refused is not None))
        if states[-1] == "gone" or (len(states) == ATTEMPTS and set(states) == {"delivered"}):
            raise SceneError(f"band '{band.name}' of {band.href} cannot be read ({reason})")
        raise TransientError(f"{band.href}: not readable at the moment ({reason}); rerun later")

    return retry(attempt)


def _is_its_own(href: str, warned: list[frozenset[str]]) -> bool:
    """Whether a file gives no warnings, or always the same ones: then they are the file's own."""
    latest = warned[-1]
    if not latest or latest == _OWN_WARNINGS.get(href):
        return True
    if warned[-_SAME_WARNINGS:] == [latest] * _SAME_WARNINGS:
        _OWN_WARNINGS[href] = latest
        return True
    return False


def _find_state(href: str, band: Band, *, refused: bool) -> FileState:
    """What became of a file that could not be read; the next attempt asks the server anew."""
    if not is_left_to_gdal(href, band):
        return "gone"  # what was read is what is there
    forget_failure(href)
    state = probe_file(href)
    if state == "refused":
        forget_signature(band.href, band.sign)
    # A server that sends the first byte may have refused those that were read.
    return "unknown" if refused and state == "delivered" else state


def _try_to_read(
    href: str, band: Band, read: Callable[[rasterio.DatasetReader], _Result]
) -> tuple[_Result | None, SceneError | None, str]:
    """What was read, or why the file is refused, or why it could not be read at all."""
    try:
        return _open_and_read(href, band, read), None, ""
    except SceneError as error:
        return None, error, ""
    except RasterioError as error:
        return None, None, str(error)


def _open_and_read(
    href: str, band: Band, read: Callable[[rasterio.DatasetReader], _Result]
) -> _Result:
    with open_environment(), open_dataset(href, band) as file:
        if band.index > file.count:
            raise SceneError(f"{band.href} has {file.count} bands, number {band.index} is wanted")
        return read(file)


def _read_thinned(file: rasterio.DatasetReader, band: Band, side: int) -> NDArray[np.float32]:
    factor = max(1.0, max(file.shape) / side)
    shape = (max(1, int(file.height / factor)), max(1, int(file.width / factor)))
    return _read(file, band, out_shape=shape)


def _read_block(file: rasterio.DatasetReader, band: Band, block: Block) -> Aligned:
    _check_file(file, band)
    positions = compute_positions(block, file.transform, file.crs.to_string(), file.shape)
    shift = positions.find_shift() if isinstance(positions, Positions) else None
    if shift is not None:
        return _read_in_place(file, band, block, shift)
    window = find_window(positions.bounds(), file.shape)
    if window is None:
        return _cover_nothing(block)
    source = Source(_read_window(file, band, window), (window[0], window[2]), file.shape)
    return resample(source, positions, band.resampling)


def _read_in_place(
    file: rasterio.DatasetReader, band: Band, block: Block, shift: tuple[int, int]
) -> Aligned:
    """Where the block's pixels are the scene's: nothing is resampled."""
    (top, bottom), (left, right) = (
        (max(0, start), min(end, start + size))
        for start, size, end in zip(shift, block.shape, file.shape, strict=True)
    )
    if top >= bottom or left >= right:
        return _cover_nothing(block)
    values = _read_window(file, band, (top, bottom, left, right))
    if values.shape == block.shape:
        return Aligned(values, np.ones(block.shape, bool))
    aligned = _cover_nothing(block)
    reached = np.s_[top - shift[0] : bottom - shift[0], left - shift[1] : right - shift[1]]
    aligned.values[reached], aligned.covered[reached] = values, True
    return aligned


def _cover_nothing(block: Block) -> Aligned:
    return Aligned(np.full(block.shape, np.nan, np.float32), np.zeros(block.shape, bool))


def _check_file(file: rasterio.DatasetReader, band: Band) -> None:
    """Refuse what cannot be what the item says it is."""
    if file.crs is None:
        raise SceneError(f"{band.href} has no coordinate system")
    if file.dtypes[band.index - 1].startswith("complex"):
        raise SceneError(f"{band.href} holds complex numbers; detected power is wanted")
    try:
        stated = CRS.from_user_input(band.crs).to_epsg() if band.crs else None
    except CRSError:
        stated = None
    found = file.crs.to_epsg()
    if None not in (stated, found) and stated != found:
        raise SceneError(
            f"{band.href} lies in EPSG:{found}, its item says {band.crs}; correct one of them"
        )


def _read_window(
    file: rasterio.DatasetReader, band: Band, window: tuple[int, int, int, int]
) -> NDArray[np.float32]:
    top, bottom, left, right = window
    with prefetch(file, band.index, window):
        return _read(file, band, window=Window(left, top, right - left, bottom - top))


def _read(file: rasterio.DatasetReader, band: Band, **part: Any) -> NDArray[np.float32]:
    """A part of the band, decoded; nodata is NaN."""
    stored = file.read(band.index, **part)
    count_read(stored.nbytes)
    values = decode(stored, band, file.nodata if band.nodata is None else band.nodata)
    if MaskFlags.per_dataset in file.mask_flag_enums[band.index - 1]:
        values[file.read_masks(band.index, **part) == 0] = np.nan
    return values
