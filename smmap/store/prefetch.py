"""Fetches what a window needs of a tiled GeoTIFF in few requests, before GDAL asks tile by tile."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from weakref import WeakKeyDictionary

import rasterio

from smmap.store.remote_file import RemoteFile

Rectangle = tuple[int, int, int, int]
"""Rows and columns: start, stop, start, stop."""

_FILES: WeakKeyDictionary[rasterio.DatasetReader, RemoteFile] = WeakKeyDictionary()


def prepare(dataset: rasterio.DatasetReader, file: RemoteFile) -> None:
    """Tell what an open dataset reads its bytes from."""
    _FILES[dataset] = file


def find_spans(
    dataset: rasterio.DatasetReader, index: int, windows: Iterable[Rectangle]
) -> set[tuple[int, int]]:
    """What `prefetch` needs for windows: first byte, and byte after the last, of each tile.

    None for a dataset that GDAL reads by itself, or that does not say where its tiles are.

    Parameters
    ----------
    dataset
        Open.
    index
        Band, from 1.
    windows
        Pixels of the file.
    """
    if dataset not in _FILES:
        return set()
    return {span for window in windows for span in _find_spans(dataset, index, window)}


@contextmanager
def prefetch(dataset: rasterio.DatasetReader, spans: Collection[tuple[int, int]]) -> Iterator[None]:
    """Have bytes at hand while they are read, as of `find_spans`.

    Raises
    ------
    TransientError, OfflineError
        As of `RemoteFile`.
    """
    with _FILES[dataset].hold(spans) if spans else nullcontext():
        yield


def _find_spans(
    dataset: rasterio.DatasetReader, index: int, window: Rectangle
) -> Iterator[tuple[int, int]]:
    """First byte, and byte after the last, of every tile that is stored."""
    height, width = dataset.block_shapes[index - 1]
    top, bottom, left, right = window
    for row in range(top // height, -(-bottom // height)):
        for col in range(left // width, -(-right // width)):
            offset, size = (
                dataset.get_tag_item(f"BLOCK_{what}_{col}_{row}", "TIFF", index)
                for what in ("OFFSET", "SIZE")
            )
            if offset and size:
                yield int(offset), int(offset) + int(size)
