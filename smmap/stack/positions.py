"""Where a block's pixels lie in a scene.

Every position depends on its own pixel alone: on its count in its grid, never on the block or on
the window that happened to be read. So a tile cut into blocks gives the same bits as the tile in
one piece, which warping libraries with approximate transformers do not.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from weakref import WeakValueDictionary

import numpy as np
from affine import Affine

from smmap.grid.reproject import get_transformer, is_geographic
from smmap.spec.tile import Block
from smmap.stack.kept import Kept
from smmap.stack.lattice import Doubles, Lattice, compute_positions_between

SNAP = 1e-6
"""Source pixels: nearer than this to a pixel centre counts as on it."""
_MOST_BYTES = 8 * 2**20
"""Of positions that are remembered; those of a block where a map tears are too many."""
_KNOWN: Kept[Positions | Lattice] = Kept(_MOST_BYTES)
_WORKING: WeakValueDictionary[Hashable, Lock] = WeakValueDictionary()
"""Held by the thread that computes them, for which others wait."""
_LOCK = Lock()
_ESTIMATED = 5
"""Pixels a side from which a window is estimated."""
_NOWHERE = (np.inf, -np.inf, np.inf, -np.inf)


@dataclass(frozen=True)
class Positions:
    """Fractional rows and columns of a block's pixel centres in a scene, one by one.

    Pixel (r, c) of the scene covers r..r+1, c..c+1. Shapes (h, w), or (h, 1) and (1, w) where
    scene and block share axes. NaN: nowhere in the scene's coordinate system.
    """

    rows: Doubles
    cols: Doubles

    @property
    def shape(self) -> tuple[int, int]:
        """(h, w) of the block."""
        return self.rows.shape[0], self.cols.shape[1]

    @property
    def shared(self) -> bool:
        """True: scene and block share axes."""
        return (self.rows.shape[1], self.cols.shape[0]) == (1, 1)

    @property
    def nbytes(self) -> int:
        """Of memory."""
        return self.rows.nbytes + self.cols.nbytes

    def compute(self) -> tuple[Doubles, Doubles]:
        """Rows and columns of all pixels, each (h, w)."""
        rows, cols = np.broadcast_arrays(self.rows, self.cols)
        return rows, cols

    def bounds(self) -> tuple[float, float, float, float]:
        """No position is below, above, left or right of these: rows, then columns."""
        found: list[float] = []
        for axis in (self.rows, self.cols):
            placed = axis[np.isfinite(axis)]
            if not placed.size:
                return _NOWHERE
            found += [float(placed.min()), float(placed.max())]
        return found[0], found[1], found[2], found[3]

    def find_shift(self) -> tuple[int, int] | None:
        """Row and column of the first pixel, where each pixel is one of the scene's grid."""
        if not self.shared:
            return None
        starts = []
        for axis in (self.rows.ravel(), self.cols.ravel()):
            start = np.floor(axis[0])
            expected = start + 0.5 + np.arange(axis.size)
            if not (np.abs(axis - expected) < SNAP).all():
                return None
            starts.append(int(start))
        return starts[0], starts[1]


def compute_positions(
    block: Block, transform: Affine, crs: str, shape: tuple[int, int]
) -> Positions | Lattice:
    """Positions of the block's pixel centres in a scene with that transform, CRS and shape.

    Where the scene has another coordinate system, few pixels are transformed and the rest lie
    between them, to ``lattice.TOLERANCE``. NaN where the scene's map has no such place. A scene in
    longitude and latitude may lie on both sides of the antimeridian. The bands of a scene ask for
    the same positions one after another: they are remembered, and not to be changed.
    """
    grid = block.geobox
    # Not the block itself: to hash its coordinate system is to write it out.
    where = (str(grid.crs), grid.affine, *grid.shape, block.row, block.col, *block.shape)
    key = (where, transform, crs, shape)
    with _LOCK:
        known, working = _KNOWN.get(key), _WORKING.setdefault(key, Lock())
    if known is not None:
        return known
    with working:
        with _LOCK:
            known = _KNOWN.get(key)
        if known is None:
            known = _compute(block, transform, crs, shape)
            held = known.nodes.nbytes if isinstance(known, Lattice) else known.nbytes
            if held <= _MOST_BYTES:
                with _LOCK:
                    _KNOWN.put(key, known, held)
    return known


def _compute(
    block: Block, transform: Affine, crs: str, shape: tuple[int, int]
) -> Positions | Lattice:
    place = _make_place(block, transform, crs, shape)
    if str(block.geobox.crs) != crs:
        found = compute_positions_between(block, lambda *counts: np.stack(place(*counts)))
        return found if isinstance(found, Lattice) else Positions(*found)
    return Positions(
        *place(
            np.arange(block.row, block.row + block.height, dtype=np.float64),
            np.arange(block.col, block.col + block.width, dtype=np.float64),
        )
    )


def _make_place(
    block: Block, transform: Affine, crs: str, shape: tuple[int, int]
) -> Callable[[Doubles, Doubles], tuple[Doubles, Doubles]]:
    """From counts of rows (h,) and columns (w,) to exact positions, as of `Positions`."""
    inverse = ~transform
    here = str(block.geobox.crs)
    shared, geographic = here == crs, is_geographic(crs)
    middle, _ = transform * (shape[1] / 2, shape[0] / 2)

    def place(row_counts: Doubles, col_counts: Doubles) -> tuple[Doubles, Doubles]:
        xs, ys = block.find_xs(col_counts)[None, :], block.find_ys(row_counts)[:, None]
        if not shared:
            across, down = np.broadcast_arrays(xs, ys)
            xs, ys = get_transformer(here, crs).transform(across, down)
            placed = np.isfinite(xs) & np.isfinite(ys)
            xs, ys = np.where(placed, xs, np.nan), np.where(placed, ys, np.nan)
        if geographic:
            xs = xs - 360.0 * np.round((xs - middle) / 360.0)
        if inverse.b == 0 and inverse.d == 0:
            return inverse.e * ys + inverse.f, inverse.a * xs + inverse.c
        return (
            inverse.d * xs + inverse.e * ys + inverse.f,
            inverse.a * xs + inverse.b * ys + inverse.c,
        )

    return place


def estimate_window(
    block: Block, transform: Affine, crs: str, shape: tuple[int, int]
) -> tuple[int, int, int, int] | None:
    """`find_window` of a block from few of its pixels: nearly right, and cheap wherever it lies."""
    rows = np.linspace(block.row, block.row + block.height - 1, _ESTIMATED)
    cols = np.linspace(block.col, block.col + block.width - 1, _ESTIMATED)
    place = _make_place(block, transform, crs, shape)
    return find_window(Positions(*place(rows, cols)).bounds(), shape)


def find_window(
    bounds: tuple[float, float, float, float], shape: tuple[int, int]
) -> tuple[int, int, int, int] | None:
    """Rows and columns (start, stop, start, stop) of a scene to read, or None if outside.

    Everything that bilinear weights ask for is in it, or is not in the scene.
    """
    low, high, start, stop = bounds
    if not (low < shape[0] and high >= 0 and start < shape[1] and stop >= 0):
        return None
    top, bottom = max(0, int(np.floor(low)) - 1), min(shape[0], int(np.floor(high)) + 2)
    left, right = max(0, int(np.floor(start)) - 1), min(shape[1], int(np.floor(stop)) + 2)
    return top, bottom, left, right
