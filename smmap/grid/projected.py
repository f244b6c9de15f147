"""EASE-Grid 2.0 at 1 km, and grids of a recipe's own."""

from __future__ import annotations

import math

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from smmap.grid.area import clip_to_area
from smmap.grid.reproject import find_touching, project_area
from smmap.spec.errors import GridError
from smmap.spec.recipe import CustomGrid
from smmap.spec.tile import Tile

_CELL_M = 1000.8950233495561
"""EASE2_M01km cell, Brodzik et al. 2012, doi:10.3390/ijgi1010032."""
_COLUMNS, _ROWS = 34704, 14616
_TILE = 128


class Ease2Grid:
    """EPSG:6933, 34704 x 14616 cells of 1 km, in tiles of 128 x 128 named ``ease2_x_y``."""

    name = "ease2-1km"
    resolution_label = "1km"
    resolution_m = _CELL_M

    def find_tiles(self, area: BaseGeometry) -> list[Tile]:
        """Tiles that touch ``area`` (longitude, latitude), by id."""
        local = project_area(area, "EPSG:6933")
        side = _TILE * _CELL_M
        left, top = -_COLUMNS / 2 * _CELL_M, _ROWS / 2 * _CELL_M
        west, south, east, north = local.bounds
        last_column, last_row = math.ceil(_COLUMNS / _TILE), math.ceil(_ROWS / _TILE)
        columns, rows = np.meshgrid(
            np.arange(
                max(0, math.floor((west - left) / side)),
                min(last_column, math.ceil((east - left) / side)),
            ),
            np.arange(
                max(0, math.floor((top - north) / side)),
                min(last_row, math.ceil((top - south) / side)),
            ),
        )
        touching = find_touching(local, left + columns * side, top - (rows + 1) * side, side)
        tiles = [
            self._get_tile(int(column), int(row))
            for column, row in zip(columns[touching], rows[touching], strict=True)
        ]
        return sorted(tiles, key=lambda tile: tile.id)

    @staticmethod
    def _get_tile(column: int, row: int) -> Tile:
        affine = Affine(
            _CELL_M,
            0,
            (column * _TILE - _COLUMNS / 2) * _CELL_M,
            0,
            -_CELL_M,
            (_ROWS / 2 - row * _TILE) * _CELL_M,
        )
        shape = (min(_TILE, _ROWS - row * _TILE), min(_TILE, _COLUMNS - column * _TILE))
        return Tile(f"ease2_{column}_{row}", GeoBox(shape, affine, "EPSG:6933"), Ease2Grid.name)


class CustomGridTile:
    """A recipe's own grid: one tile."""

    def __init__(self, grid: CustomGrid) -> None:
        try:
            crs = CRS.from_user_input(grid.crs)
        except CRSError:
            crs = None
        if crs is None:
            raise GridError(f"grid '{grid.name}': '{grid.crs}' is no coordinate system")
        units = {axis.unit_name for axis in crs.axis_info}
        if units not in ({"metre"}, {"degree"}):
            raise GridError(
                f"grid '{grid.name}': '{grid.crs}' counts in {', '.join(sorted(units))}; "
                "choose a coordinate system in metres or degrees"
            )
        left, bottom, right, top = grid.bounds
        columns, rows = (right - left) / grid.resolution, (top - bottom) / grid.resolution
        if min(columns, rows) < 1 or not (
            math.isclose(columns, round(columns)) and math.isclose(rows, round(rows))
        ):
            raise GridError(
                f"grid '{grid.name}': bounds {grid.bounds} are not a whole number of "
                f"{grid.resolution} pixels"
            )
        affine = Affine(grid.resolution, 0, left, 0, -grid.resolution, top)
        metres = 1.0 if crs.is_projected else 111_320.0
        self.name = grid.name
        self.resolution_m = grid.resolution * metres
        self.resolution_label = f"{grid.resolution:g}{'m' if crs.is_projected else 'deg'}".replace(
            ".", "p"
        )
        geobox = GeoBox((round(rows), round(columns)), affine, grid.crs)
        self._tile = Tile(grid.name, geobox, grid.name)

    def find_tiles(self, area: BaseGeometry) -> list[Tile]:
        """The one tile, if it touches ``area`` (longitude, latitude)."""
        return [] if clip_to_area(self._tile, area) is None else [self._tile]
