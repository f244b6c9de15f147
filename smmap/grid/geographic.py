"""A regular longitude-latitude grid of 0.01 degrees."""

from __future__ import annotations

import math

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry.base import BaseGeometry

from smmap.grid.reproject import find_touching
from smmap.spec.tile import Tile

_PIXELS_A_DEGREE = 100


class GeographicGrid:
    """EPSG:4326, 36000 x 18000 pixels, in tiles of 1 degree named ``geo_x_y`` from 180 W, 90 N."""

    name = "geo-0.01deg"
    resolution_label = "0p01deg"
    resolution_m = 111_320 / _PIXELS_A_DEGREE

    def find_tiles(self, area: BaseGeometry) -> list[Tile]:
        """Tiles that touch ``area`` (longitude, latitude), by id."""
        west, south, east, north = area.bounds
        lefts, bottoms = np.meshgrid(
            np.arange(max(-180, math.floor(west)), min(180, math.ceil(east))),
            np.arange(max(-90, math.floor(south)), min(90, math.ceil(north))),
        )
        touching = find_touching(area, lefts.astype(float), bottoms.astype(float), 1)
        tiles = [
            self._get_tile(int(left), int(bottom))
            for left, bottom in zip(lefts[touching], bottoms[touching], strict=True)
        ]
        return sorted(tiles, key=lambda tile: tile.id)

    @staticmethod
    def _get_tile(left: int, bottom: int) -> Tile:
        size = 1 / _PIXELS_A_DEGREE
        affine = Affine(size, 0, left, 0, -size, bottom + 1)
        geobox = GeoBox((_PIXELS_A_DEGREE, _PIXELS_A_DEGREE), affine, "EPSG:4326")
        return Tile(f"geo_{left + 180}_{89 - bottom}", geobox, GeographicGrid.name)
