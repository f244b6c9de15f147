"""Where the simulated areas lie: one in each of the first utm-10m tiles of a zone."""

from __future__ import annotations

from dataclasses import dataclass

from smmap.grid.utm import TILE_M, UtmGrid
from smmap.spec.errors import GridError
from smmap.spec.tile import Block

PIXEL_M = 10
"""Pixel size of radar, optics and truth, metres."""

# At 51 N, four tiles side by side lie within zone 31; further ones follow in the row below.
_ZONE, _LETTER, _FIRST_COLUMN, _FIRST_ROW, _COLUMNS = 31, "N", 3, 55, 4
_SMALLEST, _LARGEST, _MOST = 64, TILE_M // PIXEL_M, _COLUMNS * _FIRST_ROW


@dataclass(frozen=True)
class Area:
    """A square of simulated land in the middle of a tile."""

    index: int
    """From 0; decides its random numbers."""
    tile: str
    """Id of the utm-10m tile that it lies in."""
    block: Block
    """Its pixels within the tile."""


def list_areas(tiles: int, size: int) -> list[Area]:
    """The first ``tiles`` areas, each of ``size`` x ``size`` pixels of 10 m.

    Raises
    ------
    GridError
        If ``size`` is odd, or either number is out of bounds.
    """
    if not 1 <= tiles <= _MOST:
        raise GridError(f"{tiles} tiles cannot be simulated; choose 1 to {_MOST}")
    if size % 2 or not _SMALLEST <= size <= _LARGEST:
        raise GridError(
            f"an area of {size} pixels cannot be simulated; choose an even number from "
            f"{_SMALLEST} to {_LARGEST}"
        )
    grid = UtmGrid("utm-10m", PIXEL_M)
    start = (_LARGEST - size) // 4 * 2
    areas = []
    for index in range(tiles):
        row, column = divmod(index, _COLUMNS)
        tile = grid.get_tile(_ZONE, _LETTER, _FIRST_COLUMN + column, _FIRST_ROW - row)
        areas.append(Area(index, tile.id, Block(tile.geobox, start, start, size, size)))
    return areas
