"""From a model's inputs over a block to the rows that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Floats
from smmap.features.native import HAS_KERNEL

if HAS_KERNEL:
    from smmap.features import _kernel

_PATCH = 8
"""Pixels along a side: as many in a patch as the tree engine takes at once."""


def choose_rows(
    columns: Sequence[Floats], seen: Floats, *, complete: bool
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Inputs of the pixels that a model is to see, row by row in memory.

    Neighbours down the columns come close to each other, too: tree ensembles are much faster where
    pixels after each other are alike.

    Parameters
    ----------
    columns : float arrays (y, x)
        One an input, of one shape, float32 or float64.
    seen : float array (y, x)
        Pixels without a finite value of it are left out.
    complete
        Whether those that lack an input, once it is rounded, are left out, too.

    Returns
    -------
    pixels : intp array (n,)
        Their numbers, counted along the rows; patch by patch of 8 x 8.
    rows : float32 array (n, inputs)
    """
    if not HAS_KERNEL:
        return choose_rows_plainly(columns, seen, complete=complete)
    pixels = np.empty((1, seen.size), np.int64)
    rows = np.empty((seen.size, len(columns)), np.float32)
    count = _kernel.choose(_straighten((*columns, seen)), complete, pixels, rows)
    return pixels[0, :count], rows[:count]


def choose_rows_plainly(
    columns: Sequence[Floats], seen: Floats, *, complete: bool
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """``choose_rows`` in NumPy: the same bits, slower."""
    known = np.isfinite(seen)
    for column in columns if complete else ():
        known &= np.isfinite(np.asarray(column, np.float32))
    order = _order_by_patches(*known.shape)
    pixels = order[known.ravel()[order]]
    return pixels, gather_plainly(columns, pixels)


def gather(columns: Sequence[Floats], pixels: NDArray[np.intp]) -> NDArray[np.float32]:
    """Inputs of some pixels, row by row in memory.

    Parameters
    ----------
    columns : float arrays (y, x)
        One an input, of one shape, float32 or float64.
    pixels : intp array (n,)
        Numbers of pixels, counted along the rows.

    Returns
    -------
    float32 array (n, inputs)
    """
    if not HAS_KERNEL:
        return gather_plainly(columns, pixels)
    rows = np.empty((len(pixels), len(columns)), np.float32)
    _kernel.gather(_straighten(columns), pixels[None], rows)
    return rows


def gather_plainly(columns: Sequence[Floats], pixels: NDArray[np.intp]) -> NDArray[np.float32]:
    """``gather`` in NumPy: the same bits, slower."""
    rows = np.empty((len(pixels), len(columns)), np.float32)
    for index, column in enumerate(columns):
        rows[:, index] = column.ravel()[pixels]
    return rows


def _straighten(columns: Sequence[Floats]) -> tuple[Floats, ...]:
    """As the kernel takes them: pixels as far apart from row to row as within rows."""
    return tuple(one if _is_even(one) else np.ascontiguousarray(one) for one in columns)


def _is_even(column: Floats) -> bool:
    down, across = column.strides
    return across >= 0 and down == column.shape[1] * across


@lru_cache(maxsize=8)
def _order_by_patches(height: int, width: int) -> NDArray[np.intp]:
    """All pixels, patch by patch of 8 x 8."""
    down, across = (-(-side // _PATCH) for side in (height, width))
    row = np.arange(down * _PATCH).reshape(down, 1, _PATCH, 1)
    col = np.arange(across * _PATCH).reshape(1, across, 1, _PATCH)
    return (row * width + col)[(row < height) & (col < width)]
