"""An open raster file, read by windows, through the cache of the task where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from smmap.spec.band import Band
from smmap.stack.coming import Windows
from smmap.stack.file_cache import FileCache, get_file_cache
from smmap.stack.kept_blocks import BlockKey, Stored
from smmap.stack.scratch import get_scratch
from smmap.stack.tiles import read_tiles
from smmap.store.dataset import Dataset, open_dataset
from smmap.store.prefetch import find_spans, prefetch

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
    dataset
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
        dataset: Dataset,
        address: str,
        cache: FileCache | None,
        trusted: Callable[[], bool],
    ) -> None:
        self.file = dataset.file
        self._dataset = dataset
        self._address, self._cache, self._trusted = address, cache, trusted

    @property
    def crs(self) -> str:
        """As of `Dataset`."""
        return self._dataset.crs

    def read(self, index: int, window: Rectangle) -> list[Part]:
        """Stored numbers of a band in parts that together are the window; not to be changed."""
        with prefetch(self.file, find_spans(self.file, index, self._find_unread(index, window))):
            return self._read("band", index, window, np.dtype(self.file.dtypes[index - 1]))

    def read_mask(self, index: int, window: Rectangle) -> Stored:
        """The file's own mask of a band: 0 is nodata; good until the next read."""
        shape = (window[1] - window[0], window[3] - window[2])
        out = get_scratch("mask", shape, np.dtype(np.uint8))
        for place, mask in self._read("mask", index, window, out.dtype):
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
            yield [self._place(key, size) for key in missing]

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

    def _find_unread(self, index: int, window: Rectangle) -> Iterator[Rectangle]:
        """Pixels of a band that `read` will read of the file for a window, as far as is known."""
        size = self._find_kept_size(index, np.dtype(self.file.dtypes[index - 1]))
        if self._cache is None or size is None or not self._trusted():
            yield window
            return
        for key in self._cache.find_missing(self._name_blocks(f"band {index}", window, size)):
            yield self._place(key, size)

    def _read(
        self, what: str, index: int, window: Rectangle, dtype: np.dtype[np.generic]
    ) -> list[Part]:
        read = self.file.read if what == "band" else self.file.read_masks
        size = self._find_kept_size(index, dtype)
        if self._cache is None or size is None or not self._trusted():
            return [(np.s_[:, :], read(index, window=_to_window(window)))]

        def read_block(key: BlockKey) -> Stored:
            place = self._place(key, size)
            block = np.empty((place[1] - place[0], place[3] - place[2]), dtype)
            if what == "band" and read_tiles(self._dataset, (place[0], place[2]), block):
                return block
            return cast("Stored", read(index, window=_to_window(place), out=block))

        top, bottom, left, right = window
        keys = self._name_blocks(f"{what} {index}", window, size)
        parts: list[Part] = []
        for key, block in self._cache.find_blocks(keys, read_block).items():
            down, end, across, edge = self._place(key, size)
            first, last = max(top, down), min(bottom, end)
            start, stop = max(left, across), min(right, edge)
            part = block[first - down : last - down, start - across : stop - across]
            parts.append((np.s_[first - top : last - top, start - left : stop - left], part))
        return parts

    def _place(self, key: BlockKey, size: tuple[int, int]) -> Rectangle:
        """Pixels that the file has in a block."""
        (_, _, row, col), (height, width), (rows, cols) = key, size, self.file.shape
        top, left = row * height, col * width
        return top, min(top + height, rows), left, min(left + width, cols)


def _to_window(rectangle: Rectangle) -> Window:
    top, bottom, left, right = rectangle
    return Window(left, top, right - left, bottom - top)


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
        yield RasterFile(dataset, band.href, cache, lambda: trusted() and dataset.failure is None)
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
