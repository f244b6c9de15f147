"""All pixels of one mosaic: a UTM zone, the globe, a grid of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import shapely
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import CRS
from shapely.geometry import shape

from smmap.grid.named import Grid
from smmap.grid.projected import CustomGridTile
from smmap.grid.utm import TILE_M, UtmGrid
from smmap.product.footprint import compute_footprint
from smmap.spec.errors import GridError
from smmap.spec.tile import Block, Tile

_ZONE_COLUMNS = (1, 9)
"""A zone's strip of 6 degrees is widest at the equator: 166 to 834 km, in columns 1 to 8."""
_ZONE_ROWS = {"N": (0, 92), "S": (10, 98)}
"""From the equator to 84 N, and from 80 S to the equator."""
_EARTH = shapely.box(-180, -90, 180, 90)
_CORNERS = shapely.union_all(
    [shapely.box(west, south, west + 10, south + 10) for west in (-180, 170) for south in (-90, 80)]
)
"""Tiles there tell how far a global grid reaches; making all hundred thousand takes seconds."""


def find_canvases(grid: Grid, tiles: Sequence[Tile]) -> list[Tile]:
    """The canvases of ``grid`` that ``tiles`` of overpass maps contribute to, by id.

    A UTM grid has one a zone and hemisphere. UTM tiles go to their own zone's alone, pixel for
    pixel; tiles of other grids to all zones that they touch.
    """
    if not isinstance(grid, UtmGrid):
        return [_find_whole(grid)]
    zones: set[tuple[int, str]] = set()
    for tile in tiles:
        zone = read_utm_zone(tile)
        if zone is not None:
            zones.add(zone)
        else:
            outline = shape(compute_footprint(Block.whole(tile.geobox))[0])
            names = {one.id.partition("_")[0] for one in grid.find_tiles(outline)}
            zones |= {(int(name[:2]), name[2]) for name in names}
    return [_make_zone(grid, *zone) for zone in sorted(zones)]


@lru_cache(maxsize=4096)
def read_utm_zone(tile: Tile) -> tuple[int, str] | None:
    """Zone and hemisphere of a tile of a UTM grid; None on any other, whatever its map."""
    name = CRS.from_user_input(str(tile.geobox.crs)).utm_zone
    if name is None or not tile.grid.startswith("utm-"):
        return None
    return int(name[:-1]), name[-1]


def _make_zone(grid: UtmGrid, zone: int, letter: str) -> Tile:
    first, last = _ZONE_COLUMNS
    bottom, top = _ZONE_ROWS[letter]
    corner = grid.get_tile(zone, letter, first, top - 1).geobox
    a_tile = TILE_M // grid.pixel_m
    geobox = GeoBox(((top - bottom) * a_tile, (last - first) * a_tile), corner.affine, corner.crs)
    return Tile(f"{zone:02d}{letter}", geobox, grid.name)


def _find_whole(grid: Grid) -> Tile:
    """All tiles of a grid that is not cut into zones as one."""
    tiles = grid.find_tiles(_EARTH if isinstance(grid, CustomGridTile) else _CORNERS)
    if not tiles:
        raise GridError(f"grid '{grid.name}' lies nowhere on Earth; correct its bounds")
    if len(tiles) == 1:
        return tiles[0]
    boxes = [tile.geobox.boundingbox.bbox for tile in tiles]
    left, bottom = min(one[0] for one in boxes), min(one[1] for one in boxes)
    right, top = max(one[2] for one in boxes), max(one[3] for one in boxes)
    across, down = tiles[0].geobox.affine.a, tiles[0].geobox.affine.e
    size = (round((bottom - top) / down), round((right - left) / across))
    affine = Affine(across, 0, left, 0, down, top)
    return Tile("globe", GeoBox(size, affine, tiles[0].geobox.crs), grid.name)
