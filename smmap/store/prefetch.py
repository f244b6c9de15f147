"""Fetches what a window needs of a tiled GeoTIFF in few requests, before GDAL asks tile by tile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import rasterio

from smmap.store.remote_file import RemoteFile

Rectangle = tuple[int, int, int, int]
"""Rows and columns: start, stop, start, stop."""

_FILES: WeakKeyDictionary[rasterio.DatasetReader, RemoteFile] = WeakKeyDictionary()


def prepare(dataset: rasterio.DatasetReader, file: RemoteFile) -> None:
    """Tell what an open dataset reads its bytes from."""
    _FILES[dataset] = file


@contextmanager
def prefetch(
    dataset: rasterio.DatasetReader, index: int, windows: Iterable[Rectangle]
) -> Iterator[None]:
    """Have what windows need at hand while they are read.

    Nothing happens for a dataset that GDAL reads by itself, or that does not say where its tiles
    are.

    Parameters
    ----------
    dataset
        Open.
    index
        Band, from 1.
    windows
        Pixels of the file.

    Raises
    ------
    TransientError, OfflineError
        As of `RemoteFile`.
    """
    file = _FILES.get(dataset)
    if file is None:
        yield
        return
    with file.hold(find_spans(dataset, index, windows)):
        yield


def find_spans(
    dataset: rasterio.DatasetReader, index: int, windows: Iterable[Rectangle]
) -> set[tuple[int, int]]:
    """First byte, and byte after the last, of what `prefetch` would hold; parameters as there."""
    return {span for window in windows for span in _find_spans(dataset, index, window)}


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
