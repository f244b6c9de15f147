"""Reads one band of one scene onto a block."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar, cast

import numpy as np
import rasterio
from affine import Affine, TransformNotInvertibleError
from numpy.typing import NDArray
from pyproj.exceptions import ProjError
from rasterio.crs import CRS
from rasterio.enums import MaskFlags
from rasterio.errors import CRSError, RasterioError

from smmap.spec.band import Band
from smmap.spec.errors import SceneError, TransientError
from smmap.spec.tile import Block
from smmap.stack.decode import decode
from smmap.stack.positions import Positions, compute_positions, find_window
from smmap.stack.raster_file import RasterFile, Rectangle, open_raster
from smmap.stack.read_meter import count_read
from smmap.stack.resample import Aligned, Source, resample
from smmap.stack.scratch import get_scratch
from smmap.store.dataset import is_left_to_gdal
from smmap.store.gdal import forget_failure, hear_warnings, open_environment
from smmap.store.probe import FileState, probe_file, to_path
from smmap.store.retry import ATTEMPTS, retry
from smmap.store.signing import forget_signature, sign_href

_Result = TypeVar("_Result")
Choose = Callable[[str, Affine, tuple[int, int]], list[tuple[int, int, int, int]]]


_REFUSED = re.compile(r"response[ _]code[=: ]+(408|429|5\d\d)\b")
"""GDAL's words for a part of a file that the server did not send for now."""
_DAMAGED = (RasterioError, ProjError, TransformNotInvertibleError, UnicodeDecodeError)
"""What comes of a file whose pixels, coordinate system, place or text are broken."""
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
    return _read_file(band, lambda source: _read_block(source, band, block))


def load_windows(band: Band, choose: Choose) -> list[NDArray[np.float32]]:
    """Windows of a band on its own pixels, none resampled.

    Parameters
    ----------
    choose
        From the file's coordinate system, transform and (rows, columns) to windows: first row,
        row after the last, first column, column after the last.

    Values, nodata and errors as in ``load_raster``; a SceneError of ``choose`` comes through.
    """
    return _read_file(band, lambda source: _read_windows(source, band, choose))


def _read_windows(source: RasterFile, band: Band, choose: Choose) -> list[NDArray[np.float32]]:
    file = source.file
    _check_file(file, band)
    windows = choose(file.crs.to_string(), file.transform, file.shape)
    return [_read_window(source, band, one) for one in windows]


def load_overview(band: Band, side: int) -> NDArray[np.float32]:
    """The whole band, thinned to at most ``side`` pixels a side; for checks, not for maps.

    Values, nodata and errors as in ``load_raster``.
    """
    return _read_file(band, lambda source: _read_thinned(source, band, side))


def _read_file(band: Band, read: Callable[[RasterFile], _Result]) -> _Result:
    """Read a file, a remote one in several attempts.

    What is wrong is the file only if the server delivered it each time; else it is the server.
    """
    states: list[FileState] = []
    warned: list[frozenset[str]] = []

    def attempt() -> _Result:
        href = to_path(sign_href(band.href, band.sign))
        with hear_warnings() as told:
            result, refusal, reason = _try_to_read(href, band, read, told)
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
    href: str, band: Band, read: Callable[[RasterFile], _Result], told: list[str]
) -> tuple[_Result | None, SceneError | None, str]:
    """What was read, or why the file is refused, or why it could not be read at all."""
    try:
        return _open_and_read(href, band, read, told), None, ""
    except SceneError as error:
        return None, error, ""
    except _DAMAGED as error:
        return None, None, f"{type(error).__name__}: {error}"


def _open_and_read(
    href: str, band: Band, read: Callable[[RasterFile], _Result], told: list[str]
) -> _Result:
    with open_environment(), open_raster(href, band, lambda: not told) as source:
        count = source.file.count
        if band.index > count:
            raise SceneError(f"{band.href} has {count} bands, number {band.index} is wanted")
        return read(source)


def _read_thinned(source: RasterFile, band: Band, side: int) -> NDArray[np.float32]:
    file = source.file
    factor = max(1.0, max(file.shape) / side)
    shape = (max(1, int(file.height / factor)), max(1, int(file.width / factor)))
    stored = file.read(band.index, out_shape=shape)
    mask = file.read_masks(band.index, out_shape=shape) if _has_mask(file, band) else None
    return _decode(stored, mask, file, band)


def _read_block(source: RasterFile, band: Band, block: Block) -> Aligned:
    file = source.file
    _check_file(file, band)
    positions = compute_positions(block, file.transform, file.crs.to_string(), file.shape)
    shift = positions.find_shift() if isinstance(positions, Positions) else None
    if shift is not None:
        return _read_in_place(source, band, block, shift)
    window = find_window(positions.bounds(), file.shape)
    if window is None:
        return _cover_nothing(block)
    shape = (window[1] - window[0], window[3] - window[2])
    values = _read_window(source, band, window, get_scratch("decoded", shape, np.float32))
    return resample(Source(values, (window[0], window[2]), file.shape), positions, band.resampling)


def _read_in_place(source: RasterFile, band: Band, block: Block, shift: tuple[int, int]) -> Aligned:
    """Where the block's pixels are the scene's: nothing is resampled."""
    (top, bottom), (left, right) = (
        (max(0, start), min(end, start + size))
        for start, size, end in zip(shift, block.shape, source.file.shape, strict=True)
    )
    if top >= bottom or left >= right:
        return _cover_nothing(block)
    values = _read_window(source, band, (top, bottom, left, right))
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
    if file.crs is None and file.gcps[0]:
        raise SceneError(
            f"{band.href} lies in the radar's own geometry, by ground control points (GRD as ESA "
            "makes it, uncalibrated): use scenes that are calibrated and laid on a "
            "map, as of planetary-computer-sentinel-1-rtc, asf-opera-rtc-s1 or local-sentinel-1"
        )
    if file.crs is None:
        raise SceneError(f"{band.href} has no coordinate system")
    if file.dtypes[band.index - 1].startswith("complex"):
        raise SceneError(f"{band.href} holds complex numbers; detected power is wanted")
    stated, found = _find_epsg(band.crs or ""), _find_epsg(file.crs.to_wkt())
    if None not in (stated, found) and stated != found:
        raise SceneError(
            f"{band.href} lies in EPSG:{found}, its item says {band.crs}; correct one of them"
        )


@lru_cache(maxsize=256)
def _find_epsg(crs: str) -> int | None:
    """None where there is no such number, or nothing is said."""
    try:
        return CRS.from_user_input(crs).to_epsg() if crs else None
    except CRSError:
        return None


def _read_window(
    source: RasterFile, band: Band, window: Rectangle, out: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    stored = source.read(band.index, window)
    masked = _has_mask(source.file, band)
    mask = source.read_mask(band.index, window) if masked else None
    return _decode(stored, mask, source.file, band, out)


def _has_mask(file: rasterio.DatasetReader, band: Band) -> bool:
    return MaskFlags.per_dataset in file.mask_flag_enums[band.index - 1]


def _decode(
    stored: NDArray[Any],
    mask: NDArray[Any] | None,
    file: rasterio.DatasetReader,
    band: Band,
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Physical values; nodata is NaN."""
    count_read(stored.nbytes)
    if mask is not None:  # what lies under it is not judged
        stored = np.where(mask == 0, stored.dtype.type(0), stored)
    values = decode(stored, band, file.nodata if band.nodata is None else band.nodata, out)
    if mask is not None:
        values[mask == 0] = np.nan
    return values
