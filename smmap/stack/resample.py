"""From a scene's pixels to a block's, one output pixel at a time.

Weights come from the position alone, and sums have a fixed order. The kernel, in C, and NumPy,
where that was not built, give the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smmap.spec.band import Resampling
from smmap.stack.lattice import Lattice
from smmap.stack.native import HAS_KERNEL
from smmap.stack.positions import SNAP, Positions

if HAS_KERNEL:
    from smmap.stack import _kernel


@dataclass(frozen=True)
class Source:
    """What was read of a scene."""

    values: NDArray[np.float32]
    """(rows, columns) of the window; NaN is nodata."""
    corner: tuple[int, int]
    """Row and column in the scene of the window's first pixel."""
    shape: tuple[int, int]
    """Rows and columns of the whole scene."""


@dataclass(frozen=True)
class Aligned:
    """A band on a block."""

    values: NDArray[np.float32]
    """(h, w); decibels have become linear power; NaN is nodata."""
    covered: NDArray[np.bool_]
    """(h, w); True where the scene's raster lies, with or without a value."""


def resample(
    source: Source, positions: Positions | Lattice, method: Resampling, lanes: int | None = None
) -> Aligned:
    """Values at the positions, NaN where the pixel that holds the position has none.

    ``bilinear`` weighs the four nearest centres; those without a value carry no weight, so
    nodata never enters. ``lanes`` is one of the kernel's; None: the fastest of this processor.
    """
    if not HAS_KERNEL:
        return resample_plainly(source, positions, method)
    out = Aligned(np.empty(positions.shape, np.float32), np.empty(positions.shape, bool))
    values = np.ascontiguousarray(source.values)
    window = (*source.corner, *source.shape)
    how = method == "bilinear", lanes or _kernel.lanes()[0]
    if isinstance(positions, Lattice):
        nodes, corner = positions.nodes, positions.corner
        _kernel.resample_between(values, window, nodes, corner, *how, out.values, out.covered)
    elif positions.shared:
        axes = positions.rows.ravel(), positions.cols.ravel()
        _kernel.resample_axes(values, window, *axes, *how, out.values, out.covered)
    else:
        rows, cols = positions.compute()
        _kernel.resample(values, window, rows, cols, *how, out.values, out.covered)
    return out


def resample_plainly(source: Source, positions: Positions | Lattice, method: Resampling) -> Aligned:
    """``resample`` in NumPy: the same bits, many times slower."""
    rows, cols = positions.compute()
    with np.errstate(invalid="ignore"):
        covered = (rows >= 0) & (rows < source.shape[0]) & (cols >= 0) & (cols < source.shape[1])
    row, top, down = _locate(np.where(covered, rows, 0.0))
    col, left, across = _locate(np.where(covered, cols, 0.0))
    nearest, known = _find(source, row, col)
    held = covered & known
    if method == "nearest":
        return Aligned(np.where(held, nearest, np.float32(np.nan)), covered)
    total, weight = np.zeros(positions.shape), np.zeros(positions.shape)
    whole = np.ones(positions.shape, bool)
    for step_row, share_row in ((0, 1 - down), (1, down)):
        for step_col, share_col in ((0, 1 - across), (1, across)):
            value, known = _find(source, top + step_row, left + step_col)
            share = np.where(known, share_row * share_col, 0.0)
            total += share * value
            weight += share
            whole &= known
    weight[whole] = 1.0  # but for rounding
    mean = np.divide(total, weight, out=np.full(positions.shape, np.nan), where=held)
    return Aligned(mean.astype(np.float32), covered)


def _locate(
    at: NDArray[np.float64],
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Of one axis: the pixel that holds a position, the centre before it, the way from there."""
    pixel = np.floor(at)
    centre = pixel + 0.5
    behind = np.where(np.abs(at - centre) < SNAP, centre, at) - 0.5
    before = np.floor(behind)
    return pixel.astype(np.intp), before.astype(np.intp), behind - before


def _find(
    source: Source, row: NDArray[np.intp], col: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Values of a scene's pixels, 0 where there is none, and whether there is one."""
    row, col = row - source.corner[0], col - source.corner[1]
    height, width = source.values.shape
    inside = (row >= 0) & (row < height) & (col >= 0) & (col < width)
    found = source.values[np.where(inside, row, 0), np.where(inside, col, 0)]
    known = inside & np.isfinite(found)
    return np.where(known, found, np.float32(0.0)), known
