"""Which cells of a canvas a map of a tile may touch."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import translate
from shapely.geometry import box

from smmap.grid.area import clip_to_area
from smmap.grid.reproject import reproject_geometry
from smmap.mosaic.canvas import read_utm_zone
from smmap.mosaic.sampling import is_same_map
from smmap.spec.tile import Block, Tile

_POINTS_A_SIDE = 64
_NEAR = 1e-6


def find_windows(canvas: Tile, tile: Tile, area: Block) -> list[Block]:
    """Blocks of the canvas that hold all cells made from ``area`` of ``tile``.

    Two of them where it lies on both sides of the antimeridian, none where it has no share. Of a
    UTM tile on another map only its own zone's strip counts.
    """
    if is_same_map(canvas, tile):
        window = _find_aligned(canvas, area)
        return [] if window is None else [window]
    if read_utm_zone(canvas) is not None and read_utm_zone(tile) is not None:
        return []
    windows = []
    for part in _outline(tile, area):
        block = clip_to_area(canvas, part)
        if block is not None:
            # Outlines are chords: a cell more on every side, as far as the canvas goes.
            wider = block.pad(1).overlap(Block.whole(canvas.geobox))
            windows.append(block if wider is None else wider)
    return windows


def _find_aligned(canvas: Tile, area: Block) -> Block | None:
    left, bottom, right, top = area.to_geobox().boundingbox.bbox
    affine = canvas.geobox.affine
    first_col = math.floor((left - affine.c) / affine.a + _NEAR)
    last_col = math.ceil((right - affine.c) / affine.a - _NEAR)
    first_row = math.floor((top - affine.f) / affine.e + _NEAR)
    last_row = math.ceil((bottom - affine.f) / affine.e - _NEAR)
    found = Block(canvas.geobox, first_row, first_col, last_row - first_row, last_col - first_col)
    return found.overlap(Block.whole(canvas.geobox))


def _outline(tile: Tile, area: Block) -> list[shapely.Geometry]:
    """Outline in degrees, cut at the antimeridian and to the tile's own zone."""
    geobox = area.to_geobox()
    edge = box(*geobox.boundingbox.bbox)
    side = max(edge.bounds[2] - edge.bounds[0], edge.bounds[3] - edge.bounds[1])
    dense = shapely.segmentize(edge, side / _POINTS_A_SIDE)
    crs = str(geobox.crs)
    zone = read_utm_zone(tile)
    middle = float(reproject_geometry(edge.centroid, crs, "EPSG:4326").x)
    if zone is not None:
        middle = 6.0 * zone[0] - 183.0

    def unwrap(points: NDArray[np.float64]) -> NDArray[np.float64]:
        lon = points[:, 0] - 360 * np.rint((points[:, 0] - middle) / 360)
        return np.column_stack([lon, points[:, 1]])

    ring = shapely.transform(reproject_geometry(dense, crs, "EPSG:4326"), unwrap)
    if zone is not None:
        south, north = (0, 90) if zone[1] == "N" else (-90, 0)
        ring = ring.intersection(box(middle - 3, south, middle + 3, north))
    pieces = {
        turn: ring.intersection(box(360 * turn - 180, -90, 360 * turn + 180, 90))
        for turn in (-1, 0, 1)
    }
    return [translate(part, -360 * turn) for turn, part in pieces.items() if part.area > 0]
