"""An open raster file, read by windows, through the cache of the task where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from smmap.spec.band import Band
from smmap.stack.coming import Windows
from smmap.stack.file_cache import FileCache, get_file_cache
from smmap.stack.kept_blocks import BlockKey, Stored
from smmap.stack.scratch import get_scratch
from smmap.store.dataset import open_dataset
from smmap.store.prefetch import prefetch

Rectangle = tuple[int, int, int, int]
"""Rows and columns: start, stop, start, stop."""

Part = tuple[tuple[slice, slice], Stored]
"""Rows and columns of a window, and what is there."""

_LEAST_SIDE = 256
"""Pixels: narrower blocks of a file are taken together."""
_MOST_BYTES = 8 * 2**20
"""Larger blocks are not kept."""


class RasterFile:
    """One thread's own.

    Parameters
    ----------
    file
        Open.
    address
        Under which its blocks are kept: without a signature.
    cache
        None: nothing is kept.
    trusted
        Asked before blocks are kept: False once GDAL warns of the file, whose header it may have
        read in part.
    """

    def __init__(
        self,
        file: rasterio.DatasetReader,
        address: str,
        cache: FileCache | None,
        trusted: Callable[[], bool],
    ) -> None:
        self.file = file
        self._address, self._cache, self._trusted = address, cache, trusted

    def read(self, index: int, window: Rectangle) -> Iterator[Part]:
        """Stored numbers of a band in parts that together are the window; not to be changed."""
        return self._read(f"band {index}", index, window, self._read_band)

    def read_mask(self, index: int, window: Rectangle) -> Stored:
        """The file's own mask of a band: 0 is nodata; good until the next read."""
        shape = (window[1] - window[0], window[3] - window[2])
        out = get_scratch("mask", shape, np.uint8)
        for place, mask in self._read(f"mask {index}", index, window, self._read_mask):
            out[place] = mask
        return out

    @contextmanager
    def hold_kept(self, index: int, window: Rectangle) -> Iterator[list[Rectangle]]:
        """Have what the cache holds of a window stay there.

        Yields
        ------
        list of rectangles
            Pixels that `read` will read of the file: all others.
        """
        dtype = np.dtype(self.file.dtypes[index - 1])
        size = self._find_kept_size(index, dtype)
        if self._cache is None or size is None:
            yield [window]
            return
        keys = self._name_blocks(f"band {index}", window, size)
        with self._cache.hold_blocks(keys, size[0] * size[1] * dtype.itemsize) as missing:
            yield [self._scale(one, size) for one in _join({key[2:] for key in missing})]

    def finish(self, index: int, window: Rectangle, coming: Windows) -> None:
        """Have the cache keep other blocks than those of a window that no coming one needs."""
        size = self._find_kept_size(index, np.dtype(self.file.dtypes[index - 1]))
        if self._cache is None or size is None:
            return
        keys = self._name_blocks(f"band {index}", window, size)
        first = np.array([key[2:] for key in keys])[:, np.newaxis] * np.array(size)
        touched = (coming[:, ::2] < first + size) & (coming[:, 1::2] > first)
        needed: NDArray[np.bool_] = touched.all(axis=2).any(axis=1)
        self._cache.finish_blocks(key for key, one in zip(keys, needed, strict=True) if not one)

    def _find_kept_size(self, index: int, dtype: np.dtype[np.generic]) -> tuple[int, int] | None:
        """Rows and columns of a block as it is kept; None: nothing is."""
        height, width = (
            -(-_LEAST_SIDE // side) * side if side < _LEAST_SIDE else side
            for side in self.file.block_shapes[index - 1]
        )
        large = height * width * dtype.itemsize > _MOST_BYTES
        return None if self._cache is None or large else (height, width)

    def _name_blocks(self, what: str, window: Rectangle, size: tuple[int, int]) -> list[BlockKey]:
        (top, bottom, left, right), (height, width) = window, size
        return [
            (self._address, what, row, col)
            for row in range(top // height, -(-bottom // height))
            for col in range(left // width, -(-right // width))
        ]

    def _read(
        self,
        what: str,
        index: int,
        window: Rectangle,
        read: Callable[[int, list[Rectangle]], list[Stored]],
    ) -> Iterator[Part]:
        size = self._find_kept_size(index, np.dtype(self.file.dtypes[index - 1]))
        if self._cache is None or size is None or not self._trusted():
            yield np.s_[:, :], read(index, [window])[0]
            return

        def read_blocks(wanted: list[BlockKey]) -> dict[BlockKey, Stored]:
            places = [self._scale((row, row + 1, col, col + 1), size) for _, _, row, col in wanted]
            return dict(zip(wanted, read(index, places), strict=True))

        top, bottom, left, right = window
        keys = self._name_blocks(what, window, size)
        found = self._cache.find_blocks(keys, read_blocks)
        for key in keys:
            down, across = key[2] * size[0], key[3] * size[1]
            first, last = max(top, down), min(bottom, down + size[0])
            start, stop = max(left, across), min(right, across + size[1])
            block = found[key][first - down : last - down, start - across : stop - across]
            yield np.s_[first - top : last - top, start - left : stop - left], block

    def _scale(self, blocks: Rectangle, size: tuple[int, int]) -> Rectangle:
        """From blocks to the pixels that the file has there."""
        top, bottom, left, right = blocks
        (height, width), (rows, cols) = size, self.file.shape
        return top * height, min(bottom * height, rows), left * width, min(right * width, cols)

    def _read_band(self, index: int, windows: list[Rectangle]) -> list[Stored]:
        with prefetch(self.file, index, windows):
            return [self.file.read(index, window=_to_window(one)) for one in windows]

    def _read_mask(self, index: int, windows: list[Rectangle]) -> list[Stored]:
        return [self.file.read_masks(index, window=_to_window(one)) for one in windows]


def _to_window(rectangle: Rectangle) -> Window:
    top, bottom, left, right = rectangle
    return Window(left, top, right - left, bottom - top)


def _join(blocks: set[tuple[int, int]]) -> Iterator[Rectangle]:
    """Few rectangles that cover exactly these blocks."""
    left = set(blocks)
    while left:
        row, col = min(left)
        right = col
        while (row, right) in left:
            right += 1
        bottom = row
        while all((bottom, one) in left for one in range(col, right)):
            bottom += 1
        left -= {(y, x) for y in range(row, bottom) for x in range(col, right)}
        yield row, bottom, col, right


@contextmanager
def open_raster(band: Band, trusted: Callable[[], bool]) -> Iterator[RasterFile]:
    """The file of a band, as the task's cache has it open or newly opened.

    Parameters
    ----------
    band
        Whose address names it in the cache.
    trusted
        As of `RasterFile`. What is not trusted in the end, or fails, is closed.

    Raises
    ------
    rasterio.errors.RasterioError, SceneError, TransientError
        As of `open_dataset`; of reads within, too.
    """
    cache = get_file_cache()
    dataset = cache.take_file(band.href) if cache else None
    if dataset is None:
        dataset = open_dataset(band)
    keep = False
    try:
        yield RasterFile(
            dataset.file, band.href, cache, lambda: trusted() and dataset.failure is None
        )
        keep = cache is not None and trusted()
    except RasterioError:
        if dataset.failure is None:
            raise
    finally:
        if keep and cache is not None and dataset.failure is None:
            cache.keep_file(band.href, dataset)
        else:
            dataset.close()
    if dataset.failure is not None:
        raise dataset.failure
