"""Sums of a map's stored numbers over square cells."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.product.native import HAS_KERNEL

if HAS_KERNEL:
    from smmap.product import _kernel

Sums = NDArray[np.int64]
_MOST = 2**14
"""Pixels a side of which 32 bits hold the sum of a column."""


def add_cells(stored: NDArray[Any], fill: int, side: int) -> tuple[Sums, Sums]:
    """What each cell's valid pixels sum up to, and how many they are.

    Parameters
    ----------
    stored
        Integers (y, x), 16 bits at the most.
    fill
        Stored value of nodata.
    side
        Pixels along a cell; those at the right and at the bottom may be smaller.
    """
    if not HAS_KERNEL or stored.dtype.char not in "hH" or side >= _MOST:
        return add_cells_plainly(stored, fill, side)
    shape = tuple(math.ceil(size / side) for size in stored.shape)
    total, count = np.empty(shape, np.int64), np.empty(shape, np.int64)
    _kernel.add_up(np.ascontiguousarray(stored), fill, side, total, count)
    return total, count


def add_cells_plainly(stored: NDArray[Any], fill: int, side: int) -> tuple[Sums, Sums]:
    """`add_cells` in NumPy: the same numbers, slower."""
    known = stored != fill
    parts = np.where(known, stored, 0), known
    total, count = (_fold(_fold(one, side).T, side).T for one in parts)
    return total, count


def _fold(values: NDArray[Any], side: int) -> Sums:
    """Sums of so many rows each; of fewer at the end."""
    sums = np.zeros((math.ceil(len(values) / side), values.shape[1]), np.int64)
    for first in range(side):
        rows = values[first::side]
        sums[: len(rows)] += rows
    return sums
