"""From a scene's pixels to a block's, one output pixel at a time.

Every value depends on its own pixel alone: source positions come from the pixel's count in its
grid, and weights from the source position, never from the window that happened to be read. So a
tile cut into blocks gives the same bits as the tile in one piece, which warping libraries with
approximate transformers do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from smmap.grid.reproject import get_transformer
from smmap.spec.band import Resampling
from smmap.spec.tile import Block

_SNAP = 1e-6
"""Source pixels: nearer than this to a pixel centre counts as on it."""


@dataclass(frozen=True)
class Positions:
    """Where a block's pixel centres fall in a scene: fractional rows and columns.

    Pixel (r, c) of the scene covers r..r+1, c..c+1. Shapes (h, w), or (h, 1) and (1, w) where
    scene and block share axes.
    """

    rows: NDArray[np.float64]
    """NaN: nowhere in the scene's coordinate system."""
    cols: NDArray[np.float64]
    """NaN: nowhere in the scene's coordinate system."""

    def window(self, shape: tuple[int, int]) -> tuple[int, int, int, int] | None:
        """Rows and columns (start, stop, start, stop) of the scene to read, or None if outside."""
        rows, cols = self.rows[np.isfinite(self.rows)], self.cols[np.isfinite(self.cols)]
        if not rows.size or not cols.size:
            return None
        top, bottom = int(np.floor(rows.min())) - 1, int(np.floor(rows.max())) + 2
        left, right = int(np.floor(cols.min())) - 1, int(np.floor(cols.max())) + 2
        top, bottom = max(0, top), min(shape[0], bottom)
        left, right = max(0, left), min(shape[1], right)
        return (top, bottom, left, right) if top < bottom and left < right else None


def compute_positions(
    block: Block, transform: Affine, crs: str, shape: tuple[int, int]
) -> Positions:
    """Positions of the block's pixel centres in a scene with that transform, CRS and shape.

    NaN where the scene's map has no such place. A scene in longitude and latitude may lie on
    both sides of the antimeridian.
    """
    inverse = ~transform
    xs, ys = block.xs()[None, :], block.ys()[:, None]
    if str(block.geobox.crs) != crs:
        across, down = np.broadcast_arrays(xs, ys)
        transformer = get_transformer(str(block.geobox.crs), crs)
        xs, ys = transformer.transform(across, down)
        placed = np.isfinite(xs) & np.isfinite(ys)
        xs, ys = np.where(placed, xs, np.nan), np.where(placed, ys, np.nan)
    if CRS.from_user_input(crs).is_geographic:
        middle, _ = transform * (shape[1] / 2, shape[0] / 2)
        xs = xs - 360.0 * np.round((xs - middle) / 360.0)
    if inverse.b == 0 and inverse.d == 0:
        return Positions(_snap(inverse.e * ys + inverse.f), _snap(inverse.a * xs + inverse.c))
    return Positions(
        _snap(inverse.d * xs + inverse.e * ys + inverse.f),
        _snap(inverse.a * xs + inverse.b * ys + inverse.c),
    )


def _snap(position: NDArray[np.float64]) -> NDArray[np.float64]:
    centre = np.floor(position) + 0.5
    return np.where(np.abs(position - centre) < _SNAP, centre, position)


def compute_covered(positions: Positions, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Whether each output pixel's centre lies on the scene's raster."""
    with np.errstate(invalid="ignore"):
        rows = (positions.rows >= 0) & (positions.rows < shape[0])
        cols = (positions.cols >= 0) & (positions.cols < shape[1])
    return rows & cols


def compute_resampled(
    values: NDArray[np.float32],
    corner: tuple[int, int],
    positions: Positions,
    covered: NDArray[np.bool_],
    method: Resampling,
) -> NDArray[np.float32]:
    """Values at the positions, NaN where the pixel that holds the position has none.

    ``bilinear`` weighs the four nearest centres; those without a value carry no weight, so
    nodata never enters. ``values`` is the window read, whose first pixel is ``corner``.
    """
    rows = np.where(np.isfinite(positions.rows), positions.rows, -1.0) - corner[0]
    cols = np.where(np.isfinite(positions.cols), positions.cols, -1.0) - corner[1]
    height, width = values.shape
    row = np.clip(np.floor(rows).astype(np.intp), 0, height - 1)
    col = np.clip(np.floor(cols).astype(np.intp), 0, width - 1)
    nearest = values[row, col]
    held = covered & np.isfinite(nearest)
    on_centres = bool((rows % 1 == 0.5).all() and (cols % 1 == 0.5).all())
    if method == "nearest" or on_centres:
        return np.where(held, nearest, np.float32(np.nan))
    top, left = np.floor(rows - 0.5).astype(np.intp), np.floor(cols - 0.5).astype(np.intp)
    # The fraction is taken from whole positions, before the window's corner is subtracted.
    down = (positions.rows - 0.5) - np.floor(positions.rows - 0.5)
    across = (positions.cols - 0.5) - np.floor(positions.cols - 0.5)
    known = np.isfinite(values)
    filled = np.where(known, values, np.float32(0.0))
    total = np.zeros(held.shape)
    weight = np.zeros(held.shape)
    for step_row, share_row in ((0, 1 - down), (1, down)):
        for step_col, share_col in ((0, 1 - across), (1, across)):
            r, c = top + step_row, left + step_col
            inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
            r, c = np.clip(r, 0, height - 1), np.clip(c, 0, width - 1)
            share = share_row * share_col * (inside & known[r, c])
            total += share * filled[r, c]
            weight += share
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / weight
    return np.where(held, mean, np.nan).astype(np.float32)
