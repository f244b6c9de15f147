"""A regular longitude-latitude grid of 0.01 degrees."""

from __future__ import annotations

import math

from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

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
        tiles = []
        for x in range(math.floor(west), math.ceil(east)):
            for y in range(math.floor(south), math.ceil(north)):
                inside = -180 <= x < 180 and -90 <= y < 90
                if inside and area.intersection(box(x, y, x + 1, y + 1)).area > 0:
                    column, row = x + 180, 89 - y
                    size = 1 / _PIXELS_A_DEGREE
                    affine = Affine(size, 0, x, 0, -size, y + 1)
                    geobox = GeoBox((_PIXELS_A_DEGREE, _PIXELS_A_DEGREE), affine, "EPSG:4326")
                    tiles.append(Tile(f"geo_{column}_{row}", geobox))
        return sorted(tiles, key=lambda tile: tile.id)
