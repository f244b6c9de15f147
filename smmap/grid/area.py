"""The recipe's area within a tile, and the working pixels under a tile's own."""

from __future__ import annotations

import math

from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from smmap.grid.reproject import project_area
from smmap.spec.tile import Block, Tile

_SNAP = 0.05
"""Pixels: a corner this near to a pixel edge lies on it. Footprints are printed with rounding."""


def clip_to_area(tile: Tile, area: BaseGeometry) -> Block | None:
    """The smallest pixel-aligned block that holds ``area`` (longitude, latitude) in the tile.

    None if they share no ground. ``area`` may be of any size, up to the whole Earth.
    """
    return clip_to_shape(tile, project_area(area, str(tile.geobox.crs)))


def clip_to_shape(tile: Tile, local: BaseGeometry) -> Block | None:
    """The same for an area in the tile's own coordinates."""
    geobox = tile.geobox
    part = local.intersection(box(*geobox.boundingbox.bbox))
    if part.is_empty or part.area == 0:
        return None
    left, bottom, right, top = part.bounds
    affine, (height, width) = geobox.affine, geobox.shape
    first_col = max(0, math.floor((left - affine.c) / affine.a + _SNAP))
    last_col = min(int(width), math.ceil((right - affine.c) / affine.a - _SNAP))
    first_row = max(0, math.floor((top - affine.f) / affine.e + _SNAP))
    last_row = min(int(height), math.ceil((bottom - affine.f) / affine.e - _SNAP))
    if last_col <= first_col or last_row <= first_row:
        return None
    return Block(geobox, first_row, first_col, last_row - first_row, last_col - first_col)


def compute_working_factor(tile_resolution_m: float, source_resolution_m: float) -> int:
    """How many working pixels fit along a tile pixel's side, so that none is coarser than the data.

    Scenes are aligned onto the working pixels, masked there, and averaged onto the tile's
    pixels: 1 for 10 m tiles, 10 for 100 m, 100 for 1 km.
    """
    return max(1, round(tile_resolution_m / source_resolution_m))
