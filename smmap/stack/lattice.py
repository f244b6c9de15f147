"""Positions between exactly transformed points, so that few pixels need a transformation.

The points lie ``STEP`` pixels apart, counted from the corner of the block's grid, never of the
block: which points a pixel's position comes from, and the arithmetic, depend on its own count
alone, so every cut of a tile gives the same bits.

Between the middle two of four points a cubic through them errs by 9/384 of the fourth derivative
times ``STEP``^4. Maps bend over the radius of the Earth, 6.4e5 pixels of 10 m: from one UTM zone to
the next, or to degrees, that is below 1e-8 pixels up to 84 degrees north. It is not taken on trust:
each cell is compared with the exact transformation where it errs most, in its middle and in the
middle of its sides. Where a map tears or has no such places, at the poles and beside the
antimeridian, cells fail and every pixel is transformed by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from smmap.spec.tile import Block
from smmap.stack.native import HAS_KERNEL

if HAS_KERNEL:
    from smmap.stack import _kernel

_Number = TypeVar("_Number", bound=np.floating[Any])
Doubles = NDArray[np.float64]
Place = Callable[[Doubles, Doubles], Doubles]
"""From counts of rows (h,) and columns (w,) to exact positions, (2, h, w): rows, columns; NaN is
nowhere. Counts are whole at pixel centres."""

STEP = 64
"""Pixels from point to point."""
TOLERANCE = 2e-6
"""Source pixels. Between neighbours 65535 apart, both ways, it moves a value by 0.26."""
_SIXTH = 1.0 / 6.0


@dataclass(frozen=True)
class Lattice:
    """Points every ``STEP`` pixels around a block, one more than needed on each side."""

    block: Block
    """What it was laid for."""
    nodes: Doubles
    """(2, n, m): rows and columns in the scene."""

    @property
    def shape(self) -> tuple[int, int]:
        """(h, w) of the block."""
        return self.block.shape

    @property
    def corner(self) -> tuple[int, int]:
        """First row and column of the block, counted from the second point."""
        return self.block.row % STEP, self.block.col % STEP

    def interpolate(self, rows: NDArray[np.intp], cols: NDArray[np.intp]) -> Doubles:
        """Positions of some of the block's rows and columns, (2, rows, columns).

        Parameters
        ----------
        rows, cols
            Counted from the block's own corner.
        """
        down = _draw(self.nodes, rows + self.corner[0])
        across = _draw(down.transpose(0, 2, 1), cols + self.corner[1])
        return across.transpose(0, 2, 1)

    def compute(self) -> Doubles:
        """Positions of all the block's pixels, (2, h, w); the bits of ``interpolate``."""
        if not HAS_KERNEL:
            return self.compute_plainly()
        return self._draw(np.float64)

    def compute_single(self) -> NDArray[np.float32]:
        """``compute``, rounded to single precision."""
        if not HAS_KERNEL:
            return self.compute_plainly().astype(np.float32)
        return self._draw(np.float32)

    def _draw(self, dtype: type[_Number]) -> NDArray[_Number]:
        drawn = np.empty((len(self.nodes), *self.block.shape), dtype)
        _kernel.draw_between(self.nodes, self.corner, drawn)
        return drawn

    def compute_plainly(self) -> Doubles:
        """``compute`` in NumPy: the same bits, slower."""
        height, width = self.block.shape
        turned = _draw_all(self.nodes.transpose(0, 2, 1), self.corner[0], height)
        return _draw_all(turned.transpose(0, 2, 1), self.corner[1], width)

    def bounds(self) -> tuple[float, float, float, float]:
        """No position is below, above, left or right of these: rows, then columns.

        A cubic leaves the line between its points by an eighth of its bend, which is largest at
        a point; across the lines it may grow by a quarter.
        """
        return self._bounds

    @cached_property
    def _bounds(self) -> tuple[float, float, float, float]:
        """Once for all bands of a scene."""
        ends = [_find_ends(*pair) for pair in zip(self.corner, self.block.shape, strict=True)]
        at = self.interpolate(*ends)
        bend = sum(np.abs(np.diff(self.nodes, 2, axis=axis)).max(axis=(1, 2)) for axis in (1, 2))
        low, high = at.min(axis=(1, 2)) - bend / 6, at.max(axis=(1, 2)) + bend / 6
        return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def _find_ends(corner: int, size: int) -> NDArray[np.intp]:
    """First and last pixel of every cell, as far as it is in the block; from the block's corner."""
    starts = np.arange(0, corner + size, STEP)
    ends = np.concatenate([starts, starts + STEP - 1]) - corner
    return np.unique(np.clip(ends, 0, size - 1))


def _draw(nodes: Doubles, counts: NDArray[np.intp]) -> Doubles:
    """Cubics along the second axis, at ``counts`` pixels from the second point.

    The kernel does the same steps in the same order: the bits must be equal.
    """
    cell, pixel = np.divmod(counts, STEP)
    t = (pixel / STEP)[:, None]
    return _follow(t, *(nodes[:, cell + shift] for shift in range(4)))


def _draw_all(nodes: Doubles, corner: int, size: int) -> Doubles:
    """Cubics along the last axis, at all pixels from ``corner`` on: whole cells, then cut."""
    cells = (corner + size - 1) // STEP + 1
    t = np.arange(STEP) / STEP
    points = (nodes[..., shift : shift + cells, None] for shift in range(4))
    drawn = _follow(t, *points).reshape(*nodes.shape[:-1], cells * STEP)
    return drawn[..., corner : corner + size]


def _follow(t: Doubles, before: Doubles, here: Doubles, after: Doubles, beyond: Doubles) -> Doubles:
    first, second, third = here - before, after - here, beyond - after
    bend = (second - first) * 0.5
    twist = ((third - second) - (second - first)) * _SIXTH
    return np.asarray(here + t * (second + (t - 1.0) * (bend + (t + 1.0) * twist)))


def compute_positions_between(
    block: Block, place: Place, tolerance: float = TOLERANCE
) -> Lattice | Doubles:
    """A lattice that serves the whole block, or else the position of each pixel, (2, h, w).

    Any other smooth quantity, and any number of them, in place of rows and columns will do:
    within ``tolerance``, in its own units.
    """
    half = STEP // 2
    first = block.row // STEP, block.col // STEP
    cells = [
        (start + size - 1) // STEP - one + 1
        for start, size, one in zip((block.row, block.col), block.shape, first, strict=True)
    ]
    counts = [
        (one - 1) * STEP + half * np.arange(2 * number + 5)
        for one, number in zip(first, cells, strict=True)
    ]
    exact = place(counts[0].astype(np.float64), counts[1].astype(np.float64))
    nodes = np.ascontiguousarray(exact[:, ::2, ::2])
    halves = [half * np.arange(2 * number) for number in cells]
    whole = Lattice(Block(block.geobox, first[0] * STEP, first[1] * STEP, 1, 1), nodes)
    error = np.abs(whole.interpolate(*halves) - exact[:, 2:-3, 2:-3])
    errors = error.reshape(-1, cells[0], 2, cells[1], 2).max(axis=(0, 2, 4))
    fits: NDArray[np.bool_] = errors <= tolerance
    lattice = Lattice(block, nodes)
    return lattice if fits.all() else _mend(lattice, fits, place)


def _mend(lattice: Lattice, fits: NDArray[np.bool_], place: Place) -> Doubles:
    """All positions; each pixel of a cell that does not fit by itself."""
    block, positions = lattice.block, lattice.compute()
    top, left = lattice.corner
    for cell in np.argwhere(~fits):
        start = cell * STEP - (top, left)
        rows, cols = (
            np.arange(max(0, one), min(size, one + STEP))
            for one, size in zip(start, block.shape, strict=True)
        )
        positions[:, rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1] = place(
            (block.row + rows).astype(np.float64), (block.col + cols).astype(np.float64)
        )
    return positions
