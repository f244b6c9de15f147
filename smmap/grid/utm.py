"""UTM grids: 60 zones a hemisphere, square tiles of 102.4 km from each zone's origin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from smmap.grid.reproject import find_touching, reproject_geometry
from smmap.spec.tile import Tile

TILE_M = 102_400
_EQUATOR_S_M = 10_000_000
"""Northing of the equator on the southern hemisphere's maps."""
_POLAR_LIMIT_DEG = 84.0


@dataclass(frozen=True)
class UtmGrid:
    """Tiles named ``32N_x_y``: zone, hemisphere, column and row from (0, 0).

    A tile belongs to its zone when it touches the zone's 6-degree strip, so that tiles of two
    zones overlap at the edge: ownership by the tile's centre would leave gaps there, because
    the two zones' tiles are not aligned with each other.
    """

    name: str
    """As recipes name it."""
    pixel_m: int
    """Pixel size, metres; divides the tile."""

    @property
    def resolution_label(self) -> str:
        """For file names."""
        return f"{self.pixel_m}m"

    @property
    def resolution_m(self) -> float:
        """Pixel size, metres."""
        return float(self.pixel_m)

    def find_tiles(self, area: BaseGeometry) -> list[Tile]:
        """Tiles that touch ``area`` (longitude, latitude) within their own zone, by id."""
        found: dict[str, Tile] = {}
        for zone in range(1, 61):
            west = -180.0 + 6 * (zone - 1)
            for letter, south, north in (("N", 0, _POLAR_LIMIT_DEG), ("S", -80.0, 0)):
                part = area.intersection(box(west, south, west + 6, north))
                if part.is_empty or part.area == 0:
                    continue
                for tile in self._find_in_zone(part, zone, letter):
                    found[tile.id] = tile
        return [found[key] for key in sorted(found)]

    def _find_in_zone(self, part: BaseGeometry, zone: int, letter: str) -> list[Tile]:
        epsg = (32600 if letter == "N" else 32700) + zone
        local = reproject_geometry(part, "EPSG:4326", f"EPSG:{epsg}")
        left, bottom, right, top = local.bounds
        bottom, top = (max(bottom, 0), top) if letter == "N" else (bottom, min(top, _EQUATOR_S_M))
        columns, rows = np.meshgrid(
            np.arange(math.floor(left / TILE_M), math.ceil(right / TILE_M)),
            np.arange(math.floor(bottom / TILE_M), math.ceil(top / TILE_M)),
        )
        touching = find_touching(local, columns * float(TILE_M), rows * float(TILE_M), TILE_M)
        return [
            self.get_tile(zone, letter, int(column), int(row))
            for column, row in zip(columns[touching], rows[touching], strict=True)
        ]

    def get_tile(self, zone: int, letter: str, column: int, row: int) -> Tile:
        """The tile of that zone, hemisphere (``N`` or ``S``), column and row."""
        epsg = (32600 if letter == "N" else 32700) + zone
        size = TILE_M // self.pixel_m
        affine = Affine(self.pixel_m, 0, column * TILE_M, 0, -self.pixel_m, (row + 1) * TILE_M)
        return Tile(
            f"{zone:02d}{letter}_{column}_{row}",
            GeoBox((size, size), affine, f"EPSG:{epsg}"),
            self.name,
        )
