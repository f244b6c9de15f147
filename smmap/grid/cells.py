"""The pixels of a coarse source around a tile, counted so that every file of it fits in."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from smmap.grid.reproject import get_transformer, is_geographic
from smmap.spec.errors import SceneError
from smmap.spec.tile import Block

METRES_A_DEGREE = 111_320.0
"""Along the equator of WGS 84, and within 1 % along a meridian."""
_HALF = 1 << 20
"""Cells on each side of the tile's middle: more than there are around the globe at 40 m."""
_OFF = 0.02
"""Cells: what lies further beside the others' grid is on another one."""


@dataclass(frozen=True)
class Cells:
    """A grid without edges: of its ``shape``, the middle is the middle of a tile."""

    crs: str
    """Coordinate system."""
    transform: Affine
    """From column and row to coordinates, north up or south up."""
    turn: int | None
    """Columns around the globe, where the grid is in degrees and closes; else None."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns; far more than any source has."""
        return 2 * _HALF, 2 * _HALF

    def locate(self, crs: str, transform: Affine, shape: tuple[int, int]) -> tuple[int, int]:
        """Row and column of a file's first pixel.

        Raises
        ------
        SceneError
            If the file's pixels are not these cells.
        """
        if crs != self.crs and CRS.from_user_input(crs) != CRS.from_user_input(self.crs):
            raise SceneError(f"lies in {crs[:60]}, the others of its source in {self.crs[:60]}")
        inverse = ~self.transform
        corner = inverse * (transform * (0.0, 0.0))
        end = inverse * (transform * (shape[1], shape[0]))
        col, row = round(corner[0]), round(corner[1])
        wanted = (col, row, col + shape[1], row + shape[0])
        if max(abs(a - b) for a, b in zip((*corner, *end), wanted, strict=True)) > _OFF:
            raise SceneError(
                f"its pixels of {transform.a:g} x {abs(transform.e):g} from ({transform.c:g}, "
                f"{transform.f:g}) are not those of its source's other scenes; leave it out"
            )
        return row, col


def compute_cells(crs: str, transform: Affine, block: Block) -> Cells:
    """The cells that a file's pixels are part of, around the middle of a block's whole grid.

    Files of one source state their grids in slightly different digits: what is below them is
    rounded off, so that the cells do not depend on which file was seen first.

    Raises
    ------
    SceneError
        If the file's pixels are turned against its axes.
    """
    if transform.b or transform.d or transform.a <= 0:
        raise SceneError("its pixels are turned against its coordinate axes; warp it first")
    width, height = float(f"{transform.a:.11g}"), float(f"{transform.e:.11g}")
    left, top = (
        round(start / size % 1, 4) for start, size in ((transform.c, width), (transform.f, height))
    )
    x, y = _find_middle(block, crs)
    col, row = math.floor(x / width - left) - _HALF, math.floor(y / height - top) - _HALF
    place = Affine(width, 0.0, (col + left) * width, 0.0, height, (row + top) * height)
    around = 360.0 / width
    closes = is_geographic(crs) and abs(around - round(around)) < _OFF
    return Cells(crs, place, round(around) if closes else None)


def _find_middle(block: Block, crs: str) -> tuple[float, float]:
    """Of the whole grid that the block is part of, in ``crs``; its origin where it has none."""
    height, width = block.geobox.shape
    middle = block.geobox.affine * (width / 2, height / 2)
    x, y = get_transformer(str(block.geobox.crs), crs).transform(*middle)
    return (x, y) if math.isfinite(x) and math.isfinite(y) else (0.0, 0.0)


def compute_transform(xs: NDArray[np.float64], ys: NDArray[np.float64], crs: str) -> Affine:
    """Where pixels lie whose centres are ``xs`` (columns) and ``ys`` (rows, either way).

    Longitudes may run -180..180, 0..360, or over the end of either.

    Raises
    ------
    SceneError
        If centres are not evenly spaced, fewer than two, or latitudes are none.
    """
    if is_geographic(crs):
        xs = np.unwrap(xs, period=360.0)
        if np.abs(ys).max(initial=0.0) > 90.0 + _OFF:
            raise SceneError(f"latitudes reach {np.abs(ys).max():g}: its axes are swapped")
    if min(xs.size, ys.size) < 2:
        raise SceneError("has fewer than 2 x 2 pixels; ask for a larger area")
    dx, dy = (float(one[-1] - one[0]) / (one.size - 1) for one in (xs, ys))
    for centres, step in ((xs, dx), (ys, dy)):
        even = centres[0] + step * np.arange(centres.size)
        if not step or not np.abs(centres - even).max() < _OFF * abs(step):
            raise SceneError("its coordinates are not evenly spaced; put it onto a regular grid")
    return Affine(dx, 0.0, float(xs[0]) - dx / 2, 0.0, dy, float(ys[0]) - dy / 2)


def measure_cell(crs: str, transform: Affine) -> float:
    """Side of a pixel in metres; of degrees along the meridian."""
    unit = METRES_A_DEGREE if is_geographic(crs) else 1.0
    return abs(transform.e) * unit
