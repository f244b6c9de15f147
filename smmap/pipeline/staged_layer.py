"""One layer's packed pixels while its parts come in, in a file of the run's staging folder."""

from __future__ import annotations

import math
import os
import threading
from errno import EIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smmap.spec.band import Layer
from smmap.spec.tile import Block

Packed = NDArray[np.generic]

_AT_ONCE = 2**16
"""Bytes. For more the system takes memory in pieces so large that a virtual machine may have given
them back to its host: to have them again takes many times as long as to write."""


class StagedLayer:
    """A layer's parts, one behind the other as they came; a `PixelSource` for sinks.

    So each of them is written at once. Files are read, and not mapped: a map's pages are brought in
    one by one, which takes longer than all else that is done with them here. Nothing is kept in
    memory between calls.
    """

    def __init__(self, path: Path, area: Block, layer: Layer) -> None:
        self._path = path
        self.shape = area.shape
        self.dtype = np.dtype(layer.dtype)
        self._parts: list[tuple[int, int, int, int, int]] = []
        """Row, column, height and width of each, and where it begins in the file, bytes."""
        self._end = 0
        self._lock = threading.Lock()
        # A full disk must not show up later, when much has been computed.
        with path.open("xb") as file:
            os.posix_fallocate(file.fileno(), 0, math.prod(self.shape) * self.dtype.itemsize)

    def __setitem__(self, window: tuple[slice, slice], values: Packed, /) -> None:
        """Store a part; parts do not overlap, and may come from several threads."""
        rows, columns = window
        height, width = values.shape
        pixels = np.ascontiguousarray(values, self.dtype)
        with self._lock:
            start, self._end = self._end, self._end + pixels.nbytes
        with self._path.open("r+b") as file:
            file.seek(start)
            data = pixels.data.cast("B")
            for first in range(0, len(data), _AT_ONCE):
                file.write(data[first : first + _AT_ONCE])
        with self._lock:
            self._parts.append((rows.start, columns.start, height, width, start))

    def __getitem__(self, window: tuple[slice, slice], /) -> Packed:
        """Pixels of parts that are there."""
        rows, columns = (
            range(*one.indices(size)) for one, size in zip(window, self.shape, strict=True)
        )
        found = np.empty((len(rows), len(columns)), self.dtype)
        with self._path.open("rb") as file:
            for top, left, height, width, start in self._parts:
                first, stop = max(rows.start, top), min(rows.stop, top + height)
                begin, end = max(columns.start, left), min(columns.stop, left + width)
                if first < stop and begin < end:
                    strip = np.empty((stop - first, width), self.dtype)
                    file.seek(start + (first - top) * width * self.dtype.itemsize)
                    if file.readinto(strip.data.cast("B")) != strip.nbytes:
                        raise OSError(EIO, "is shorter than it was", str(self._path))
                    place = found[first - rows.start : stop - rows.start]
                    place[:, begin - columns.start : end - columns.start] = strip[
                        :, begin - left : end - left
                    ]
        return found
