"""Where the sample points of a mosaic's cells lie in the pixels of a tile.

Each cell is looked at from a lattice of points, which stand for equal shares of its ground. The
cell's corners are projected exactly and the points laid between them, so that a point's place
depends on its cell alone, however the mosaic is cut into patches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from smmap.grid.ground import compute_spacing
from smmap.grid.reproject import get_transformer
from smmap.mosaic.canvas import read_utm_zone
from smmap.spec.tile import Block, Tile

_FEWEST = 16
"""Points a side where pixels and cells are not aligned, so that pixels on an edge count in part."""
BAND = 16
"""Rows of a canvas that have equally many points a cell; counted from its top."""
_MOST_CELLS = 512
"""Cells a side of a patch, where there are few points a cell."""
_MOST_POINTS = 1536**2
"""Of a patch: the memory of a task, beside the shard itself."""
_NEAR = 1e-6
"""Of a pixel: closer to each other, edges are the same."""

Doubles = NDArray[np.float64]


Samples = tuple[int, int]
"""Points down and across a cell."""


def compute_samples(canvas: Tile, tile: Tile, row: int) -> Samples:
    """Points in a cell of the canvas's ``row``, enough that no pixel of the tile is passed over.

    Where pixels fit into cells exactly, each has one point. Elsewhere there are at least 16 a side,
    as many as the cell measures on the ground in pixels (on an equal-area map it is long and thin
    towards the poles), the same for all rows of a band and for all tiles of a grid, so that those
    of two UTM zones count alike.
    """
    ratio = _measure_aligned(canvas, tile)
    if ratio is not None:
        return ratio, ratio
    return _count_points(canvas, row // BAND, measure_pixel(tile))


def split_patches(area: Block, canvas: Tile, tile: Tile) -> list[Block]:
    """Cut an area into patches within bands, so small that their points fit into memory."""
    ratio = _measure_aligned(canvas, tile)
    if ratio is not None:
        return area.split(min(_MOST_CELLS, max(1, math.isqrt(_MOST_POINTS) // ratio)))
    patches = []
    for band in range(area.row // BAND, (area.row + area.height - 1) // BAND + 1):
        strip = Block(area.geobox, band * BAND, area.col, BAND, area.width).overlap(area)
        down, across = _count_points(canvas, band, measure_pixel(tile))
        width = max(1, _MOST_POINTS // (BAND * down * across))
        for col in range(area.col, area.col + area.width, width) if strip else ():
            part = strip and Block(area.geobox, strip.row, col, strip.height, width).overlap(area)
            patches += [part] if part else []
    return patches


@lru_cache(maxsize=256)
def _measure_aligned(canvas: Tile, tile: Tile) -> int | None:
    """Pixels along a cell's side where they fit into it exactly, else None."""
    ratio = measure_pixel(canvas) / measure_pixel(tile)
    zones_meet = read_utm_zone(tile) is not None and read_utm_zone(canvas) is None
    if not is_same_map(canvas, tile) or zones_meet or not _is_whole(ratio) or ratio < 0.5:
        return None
    cell, pixel = canvas.geobox.affine, tile.geobox.affine
    shifts = (cell.c - pixel.c) / pixel.a, (cell.f - pixel.f) / pixel.e
    return round(ratio) if all(_is_whole(shift) for shift in shifts) else None


@lru_cache(maxsize=4096)
def _count_points(canvas: Tile, band: int, pixel_m: float) -> Samples:
    down, across = compute_spacing(Block(canvas.geobox, band * BAND, 0, BAND, 1))
    ratios = (math.ceil(float(size.max()) / pixel_m - _NEAR) for size in (down, across))
    # A multiple of the pixels, where a cell is a few of them: all then count alike.
    first, second = (max(1, ratio) * math.ceil(_FEWEST / max(1, ratio)) for ratio in ratios)
    return first, second


def is_same_map(one: Tile, other: Tile) -> bool:
    """Whether two tiles have the same coordinate system."""
    return bool(one.geobox.crs == other.geobox.crs)


@dataclass(frozen=True)
class Lattice:
    """The sample points of a patch of cells."""

    canvas: Tile
    """What the patch is of."""
    patch: Block
    """The cells, in canvas pixels."""
    samples: Samples
    """Points down and across a cell."""

    def find_pixels(self, tile: Tile) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column of the tile's pixel under each point, (y, down, x, across).

        They may lie outside the tile.
        """
        xs, ys = self._project(str(tile.geobox.crs))
        affine = tile.geobox.affine
        cols = np.floor((self._fill(xs) - affine.c) / affine.a)
        rows = np.floor((self._fill(ys) - affine.f) / affine.e)
        return rows.astype(np.int64), cols.astype(np.int64)

    def find_owned(self, tile: Tile) -> NDArray[np.bool_] | None:
        """True for the points in the tile's own UTM zone and hemisphere; None: all of them.

        UTM tiles of two zones overlap. Every point has one longitude, thus one zone, and is taken
        from that zone's tile: none is counted twice and none is left out.
        """
        zone = read_utm_zone(tile)
        if zone is None or read_utm_zone(self.canvas) == zone:
            return None
        lon, lat = self._project("EPSG:4326")
        # On one side of the antimeridian, so that nothing is laid between 180 and -180.
        lon = lon - 360.0 * np.rint((lon - lon[:1, :1]) / 360.0)
        zones = np.floor((self._fill(lon) + 180.0) / 6.0).astype(np.int64) % 60 + 1
        owned: NDArray[np.bool_] = (zones == zone[0]) & ((self._fill(lat) >= 0) == (zone[1] == "N"))
        return owned

    def _project(self, crs: str) -> tuple[Doubles, Doubles]:
        """Coordinates of the cells' corners, each (y + 1, x + 1)."""
        patch, affine = self.patch, self.patch.geobox.affine
        xs = affine.c + np.arange(patch.col, patch.col + patch.width + 1) * affine.a
        ys = affine.f + np.arange(patch.row, patch.row + patch.height + 1) * affine.e
        across, down = np.broadcast_arrays(xs[None, :], ys[:, None])
        if CRS.from_user_input(crs) == CRS.from_user_input(str(patch.geobox.crs)):
            return across, down
        x, y = get_transformer(str(patch.geobox.crs), crs).transform(across, down)
        return np.asarray(x), np.asarray(y)

    def _fill(self, corners: Doubles) -> Doubles:
        """Between a cell's four corners, (y, down, x, across)."""
        down, across = ((np.arange(count) + 0.5) / count for count in self.samples)
        left, right = corners[:, :-1, None], corners[:, 1:, None]
        edges = left + (right - left) * across
        top, bottom = edges[:-1, None], edges[1:, None]
        points: Doubles = top + (bottom - top) * down[:, None, None]
        return points


def measure_pixel(tile: Tile) -> float:
    """Side of a pixel in metres; in degrees of latitude where the map is geographic."""
    size = abs(float(tile.geobox.affine.e))
    geographic = CRS.from_user_input(str(tile.geobox.crs)).is_geographic
    return size * 111_320.0 if geographic else size


def _is_whole(number: float) -> bool:
    return math.isclose(number, round(number), abs_tol=_NEAR)
