"""A map at half its size: what GDAL makes of the same pixels, many times faster.

Along a side of n pixels are n // 2 cells of equal length, so that no cell lies askew to the ground
below it. Where n is odd they are a little longer than two pixels, and each takes in parts of three.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.product.native import HAS_KERNEL
from smmap.spec.band import Layer

if HAS_KERNEL:
    from smmap.product import _kernel

Pixels = NDArray[Any]
_MOST_SHARES = 2**14
"""Times two, and times a number of 16 bits, it still fits into 32."""


@dataclass(frozen=True)
class Cells:
    """Some of the cells along one side of a map."""

    size: int
    """Pixels along the whole side."""
    first: int
    """The first cell."""
    stop: int
    """The one after the last."""

    @classmethod
    def whole(cls, size: int) -> Cells:
        """All along a side of so many pixels."""
        return cls(size, 0, count_cells(size))

    def find_pixels(self) -> slice:
        """Pixels that lie in these cells, at least in part."""
        return slice(2 * self.first, min(2 * self.stop + self.size % 2, self.size))

    def list_parts(self, values: Pixels) -> list[Pixels]:
        """The first pixel (along the first axis) of each cell, the second of each, and so on."""
        count = self.stop - self.first
        each = min(2 + self.size % 2, self.size)
        return [values[at : at + 2 * count - 1 : 2] for at in range(each)]

    @property
    def weight(self) -> int:
        """What `add_up` makes of ones."""
        return self.size if self.size % 2 else 2

    def add_up(self, values: Pixels, dtype: type[np.integer[Any]]) -> Pixels:
        """Sums over each cell along the first axis, exact, in shares of a pixel where n is odd."""
        parts = self.list_parts(values)
        if len(parts) < 3:
            total: Pixels = parts[0].astype(dtype)
            for part in parts[1:]:
                total += part
            return total
        cell = np.arange(self.first, self.stop, dtype=dtype)[:, None]
        count = dtype(count_cells(self.size))
        before, whole, after = parts
        return np.asarray((count - cell) * before + count * whole + (cell + 1) * after)


def count_cells(size: int) -> int:
    """Cells along a side of so many pixels."""
    return max(1, size // 2)


def list_overview_shapes(shape: tuple[int, int], block: int) -> list[tuple[int, int]]:
    """Rows and columns of each overview, until one fits into a block."""
    shapes = []
    while max(shape) > block:
        shape = count_cells(shape[0]), count_cells(shape[1])
        shapes.append(shape)
    return shapes


def get_rule(layer: Layer) -> Callable[[Pixels, int, Cells, Cells], Pixels]:
    """Averages of what is measured; of flags and counts the most frequent."""
    return average_cells if layer.scale_factor not in (None, 1.0) else find_commonest


def average_cells(values: Pixels, fill: int, rows: Cells, columns: Cells) -> Pixels:
    """Averages of what is valid, rounded to the nearest; halves go away from zero.

    Parameters
    ----------
    values
        Stored integers (y, x) of the pixels of ``rows`` and ``columns``, 16 bits at the most.
    fill
        Stored value of nodata; of a cell only if all its pixels are.
    """
    # In the kernel, sums of rows have 32 bits.
    if not _suits_kernel(values) or (rows.size % 2 and rows.size >= _MOST_SHARES):
        return average_plainly(values, fill, rows, columns)
    return _fill(_kernel.average, values, fill, rows, columns)


def average_plainly(values: Pixels, fill: int, rows: Cells, columns: Cells) -> Pixels:
    """`average_cells` in NumPy: the same numbers, slower."""
    known = values != fill
    if known.all():
        return _round(_add_up(values, rows, columns) / (rows.weight * columns.weight), values)
    total, weight = (_add_up(one, rows, columns) for one in (np.where(known, values, 0), known))
    mean = _round(total / np.maximum(weight, 1), values)
    return np.where(weight > 0, mean, values.dtype.type(fill))


def _add_up(values: Pixels, rows: Cells, columns: Cells) -> Pixels:
    """Sums over the cells along both sides, in the smallest integers that hold them."""
    down = np.int32 if rows.size < _MOST_SHARES else np.int64
    across = down if columns.size % 2 == 0 else np.int64
    return columns.add_up(rows.add_up(values, down).T, across).T


def _round(mean: Pixels, like: Pixels) -> Pixels:
    return np.copysign(np.floor(np.abs(mean) + 0.5), mean).astype(like.dtype)


def find_commonest(values: Pixels, fill: int, rows: Cells, columns: Cells) -> Pixels:
    """The most frequent valid value, of several the one that is so often first, row by row.

    Arguments as of `average_cells`.
    """
    if not _suits_kernel(values):
        return find_commonest_plainly(values, fill, rows, columns)
    return _fill(_kernel.commonest, values, fill, rows, columns)


def find_commonest_plainly(values: Pixels, fill: int, rows: Cells, columns: Cells) -> Pixels:
    """`find_commonest` in NumPy: the same numbers, slower."""
    parts = [one.T for row in rows.list_parts(values) for one in columns.list_parts(row.T)]
    found = parts[0].copy()
    mixed = np.zeros(found.shape, np.bool_)
    for part in parts[1:]:
        mixed |= part != found
    at = np.nonzero(mixed)
    pixels = [part[at] for part in parts]
    best, most = np.full(len(at[0]), fill, values.dtype), np.zeros(len(at[0]), np.int8)
    for place, pixel in enumerate(pixels):
        often = np.ones(len(pixel), np.int8)
        for other in pixels[:place]:
            often += pixel == other
        better = (pixel != fill) & (often > most)
        np.copyto(best, pixel, where=better)
        np.copyto(most, often, where=better)
    found[at] = best
    return found


def _suits_kernel(values: Pixels) -> bool:
    return HAS_KERNEL and values.dtype.char in "hH"


def _fill(
    compute: Callable[..., None], values: Pixels, fill: int, rows: Cells, columns: Cells
) -> Pixels:
    found = np.empty((rows.stop - rows.first, columns.stop - columns.first), values.dtype)
    sides = (rows.size, rows.first), (columns.size, columns.first)
    compute(np.ascontiguousarray(values), fill, *sides, found)
    return found
