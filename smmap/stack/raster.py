"""Reads one band of one scene onto a block."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any, TypeVar

import numpy as np
import rasterio
from affine import Affine, TransformNotInvertibleError
from numpy.typing import NDArray
from pyproj.exceptions import ProjError
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioError

from smmap.spec.band import Band
from smmap.spec.errors import SceneError, TransientError
from smmap.spec.tile import Block
from smmap.stack.check_file import check_file
from smmap.stack.coming import find_coming
from smmap.stack.decode import decode
from smmap.stack.lattice import Lattice
from smmap.stack.positions import Positions, compute_positions, find_window
from smmap.stack.raster_file import RasterFile, Rectangle, open_raster
from smmap.stack.read_meter import count_read
from smmap.stack.resample import Aligned, Source, resample
from smmap.stack.room import Room
from smmap.stack.scratch import get_scratch
from smmap.store.dataset import is_remote
from smmap.store.gdal import hear_warnings, open_environment
from smmap.store.network import get_page_cache, is_offline
from smmap.store.prefetch import find_spans, prefetch
from smmap.store.retry import ATTEMPTS, retry

_Result = TypeVar("_Result")
Choose = Callable[[str, Affine, tuple[int, int]], list[tuple[int, int, int, int]]]


_DAMAGED = (RasterioError, ProjError, TransformNotInvertibleError, UnicodeDecodeError)
"""What comes of a file whose pixels, coordinate system, place or text are broken."""


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


def hold_raster(
    band: Band, block: Block, room: Room, beside: Block | None = None
) -> ExitStack | None:
    """Fetch what `load_raster` will read of a remote file, without unpacking it.

    Parameters
    ----------
    room
        For the bytes; where there is none for these, the file is opened and no more.
    beside
        Another block, whose bytes are fetched along with these if there is room: who holds them
        for its own sake finds them there, or on their way.

    Returns
    -------
    ExitStack or None
        Holds the bytes until it is closed; None: there was no room. Errors are those of
        ``load_raster``.
    """
    return _read_file(band, lambda source: _hold_block(source, band, block, room, beside))


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
    check_file(file, band)
    windows = choose(source.crs, file.transform, file.shape)
    return [_read_window(source, band, one) for one in windows]


def load_overview(band: Band, side: int) -> NDArray[np.float32]:
    """The whole band, thinned to at most ``side`` pixels a side; for checks, not for maps.

    Values, nodata and errors as in ``load_raster``.
    """
    return _read_file(band, lambda source: _read_thinned(source, band, side))


def _read_file(band: Band, read: Callable[[RasterFile], _Result]) -> _Result:
    """Read a file; one that a server sent broken once may come whole the next time."""
    faults: list[str] = []

    def attempt() -> _Result:
        try:
            return _open_and_read(band, read)
        except _DAMAGED as error:
            faults.append(f"{type(error).__name__}: {error}")
        # Raised outside any handler: a rasterio error cannot be sent between processes.
        if len(faults) == ATTEMPTS or not _may_come_whole(band):
            raise SceneError(f"band '{band.name}' of {band.href} cannot be read ({faults[-1]})")
        raise TransientError(f"{band.href}: not readable at the moment ({faults[-1]}); rerun later")

    return retry(attempt)


def _may_come_whole(band: Band) -> bool:
    """Whether to ask anew for what came whole and makes no sense: not where asking has its price.

    Nor where pages are kept, which would come from there.
    """
    kept = is_offline() or get_page_cache() is not None
    return is_remote(band.href) and not kept and band.requests_per_second is None


def _open_and_read(band: Band, read: Callable[[RasterFile], _Result]) -> _Result:
    with (
        hear_warnings() as told,
        open_environment(),
        open_raster(band, lambda: not told) as source,
    ):
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


def _hold_block(
    source: RasterFile, band: Band, block: Block, room: Room, beside: Block | None
) -> ExitStack | None:
    # For this GDAL reads the headers of all overviews, in many pieces: once while a file is open.
    _has_mask(source.file, band)
    with ExitStack() as held:
        unread = held.enter_context(_hold_kept(source, band, block))
        more = held.enter_context(_hold_kept(source, band, beside)) if beside else []
        for wanted in ([*unread, *more], unread):
            spans = find_spans(source.file, band.index, wanted)
            parts = {(band.href, start): stop - start for start, stop in spans}
            if held.enter_context(room.take(parts)):
                held.enter_context(prefetch(source.file, spans))
                return held.pop_all()
    return None


def _hold_kept(
    source: RasterFile, band: Band, block: Block
) -> AbstractContextManager[list[Rectangle]]:
    """As of `RasterFile.hold_kept`."""
    _, window = _place(source, band, block)
    return source.hold_kept(band.index, window) if window else nullcontext([])


def _read_block(source: RasterFile, band: Band, block: Block) -> Aligned:
    place, window = _place(source, band, block)
    if window is None:
        return _cover_nothing(block)
    aligned = _align(source, band, block, place, window)
    file = source.file
    coming = find_coming(block, file.transform, source.crs, file.shape)
    if coming is not None:
        source.finish(band.index, window, coming)
    return aligned


def _align(
    source: RasterFile,
    band: Band,
    block: Block,
    place: Positions | Lattice | tuple[int, int],
    window: Rectangle,
) -> Aligned:
    if isinstance(place, tuple):
        return _read_in_place(source, band, block, place, window)
    shape = (window[1] - window[0], window[3] - window[2])
    values = _read_window(source, band, window, get_scratch("decoded", shape, np.float32))
    part = Source(values, (window[0], window[2]), source.file.shape)
    return resample(part, place, band.resampling)


def _place(
    source: RasterFile, band: Band, block: Block
) -> tuple[Positions | Lattice | tuple[int, int], Rectangle | None]:
    """Where the block's pixels lie in the file, and the window that they need of it, if any.

    The row and column of the first pixel where they are the file's own.
    """
    file = source.file
    check_file(file, band)
    positions = compute_positions(block, file.transform, source.crs, file.shape)
    shift = positions.find_shift() if isinstance(positions, Positions) else None
    if shift is None:
        return positions, find_window(positions.bounds(), file.shape)
    (top, bottom), (left, right) = (
        (max(0, start), min(end, start + size))
        for start, size, end in zip(shift, block.shape, file.shape, strict=True)
    )
    return shift, None if top >= bottom or left >= right else (top, bottom, left, right)


def _read_in_place(
    source: RasterFile, band: Band, block: Block, shift: tuple[int, int], window: Rectangle
) -> Aligned:
    """Where the block's pixels are the scene's: nothing is resampled."""
    top, bottom, left, right = window
    if (bottom - top, right - left) == block.shape:
        return Aligned(_read_window(source, band, window), np.broadcast_to(np.True_, block.shape))
    aligned = _cover_nothing(block)
    reached = np.s_[top - shift[0] : bottom - shift[0], left - shift[1] : right - shift[1]]
    _read_window(source, band, window, aligned.values[reached])
    aligned.covered[reached] = True
    return aligned


def _cover_nothing(block: Block) -> Aligned:
    return Aligned(np.full(block.shape, np.nan, np.float32), np.zeros(block.shape, bool))


def _read_window(
    source: RasterFile, band: Band, window: Rectangle, out: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Physical values, in ``out`` if it is given."""
    if out is None:
        out = np.empty((window[1] - window[0], window[3] - window[2]), np.float32)
    masked = _has_mask(source.file, band)
    mask = source.read_mask(band.index, window) if masked else None
    for place, stored in source.read(band.index, window):
        _decode(stored, None if mask is None else mask[place], source.file, band, out[place])
    return out


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
    nodata, others = _find_nodata(file, band)
    empty = None if mask is None else mask == 0
    for one in others:
        empty = stored == one if empty is None else empty | (stored == one)
    if empty is not None:  # what is nothing is not judged
        stored = np.where(empty, stored.dtype.type(0), stored)
    values = decode(stored, band, nodata, out)
    if empty is not None:
        values[empty] = np.nan
    return values


def _find_nodata(file: rasterio.DatasetReader, band: Band) -> tuple[float | None, list[float]]:
    """A stored value that means nothing, if there is one, and those that mean it besides.

    Of flags the first word counts alone: files name 0 there, which often says that all is well.
    """
    said = (band.nodata, band.other_nodata, file.nodatavals[band.index - 1])
    first, *others = [one for one in said if one is not None] or [None]
    if band.units in ("class", "bits"):
        return first, []
    return first, [one for one in dict.fromkeys(others) if one != first and not math.isnan(one)]
