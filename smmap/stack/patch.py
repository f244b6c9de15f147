"""A part of a source's cells, and where a file's pixels come to lie in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from affine import Affine

from smmap.grid.cells import Cells, compute_cells
from smmap.spec.tile import Block
from smmap.stack.positions import compute_positions, find_window

Window = tuple[int, int, int, int]
"""First row, row after the last, first column, column after the last."""
_SIDE = 1024
_FINEST = 64
"""Points along the side of a map's pixel, at most."""


@dataclass(frozen=True)
class Patch:
    """What a block needs of a source's cells."""

    cells: Cells
    """The grid."""
    top: int
    """First row."""
    left: int
    """First column."""
    height: int
    """Rows; 0: the block lies nowhere on the source's map."""
    width: int
    """Columns."""
    factor: int
    """Points along the side of a map's pixel: as many as there are cells."""

    def place(self, crs: str, transform: Affine, shape: tuple[int, int]) -> list[Copy]:
        """What to take of a file, and where it goes; columns close around the globe.

        Raises
        ------
        SceneError
            If the file's pixels are not these cells.
        """
        row, col = self.cells.locate(crs, transform, shape)
        turn = self.cells.turn
        cols = np.arange(self.left, self.left + self.width) - col
        cols = cols if turn is None else cols % turn
        inside = np.flatnonzero((cols >= 0) & (cols < shape[1]))
        top, bottom = max(row, self.top), min(row + shape[0], self.top + self.height)
        if not inside.size or top >= bottom:
            return []
        runs = np.split(inside, np.flatnonzero(np.diff(cols[inside]) != 1) + 1)
        down = slice(top - self.top, bottom - self.top)
        return [
            Copy(
                (top - row, bottom - row, int(cols[run[0]]), int(cols[run[-1]]) + 1),
                (down, slice(int(run[0]), int(run[-1]) + 1)),
            )
            for run in runs
        ]


@dataclass(frozen=True)
class Copy:
    """A window of a file, and where its pixels go in a patch."""

    source: Window
    target: tuple[slice, slice]


def compute_patch(crs: str, transform: Affine, block: Block) -> Patch:
    """The cells around a block, given the grid of any one file of the source.

    Raises
    ------
    SceneError
        If the file's pixels are turned against its axes.
    """
    cells = compute_cells(crs, transform, block)
    factor = _count_points(cells, block)
    fine = block.refine(factor)
    found = [
        compute_positions(one, cells.transform, cells.crs, cells.shape).bounds()
        for one in fine.split(_SIDE)
    ]
    lows, highs, starts, ends = zip(*found, strict=True)
    window = find_window((min(lows), max(highs), min(starts), max(ends)), cells.shape)
    if window is None:
        return Patch(cells, 0, 0, 0, 0, factor)
    top, bottom, left, right = window
    return Patch(cells, top, left, bottom - top, right - left, factor)


def _count_points(cells: Cells, block: Block) -> int:
    """How many cells lie along a map pixel's side, in the middle of the whole grid; rounded up."""
    rows, cols = (int(one) // 2 for one in block.geobox.shape)
    middle = Block(block.geobox, rows, cols, 2, 2)
    found = compute_positions(middle, cells.transform, cells.crs, cells.shape).compute()
    at = np.stack([found[0], found[1]])
    steps = np.abs(np.stack([at[:, 1, 0] - at[:, 0, 0], at[:, 0, 1] - at[:, 0, 0]]))
    longest = float(steps.max()) if np.isfinite(steps).all() else 1.0
    return min(_FINEST, max(1, int(np.ceil(longest - 1e-3))))
