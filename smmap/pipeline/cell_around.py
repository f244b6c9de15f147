"""The cell whose middle is a place, wherever the grid's own cells lie."""

from __future__ import annotations

from affine import Affine
from odc.geo.geobox import GeoBox

from smmap.spec.tile import Block


def find_cell_around(pixel: Block, count: int) -> Block:
    """A cell of ``count`` x ``count`` pixels with a pixel in the middle, on a grid of such cells.

    Of an even ``count`` the pixel lies below and right of the middle. Where the place is in the
    middle of one of the tile's own cells, it is that cell, of the tile's own grid: what is loaded
    for it is what mapping loads, bit for bit.

    Parameters
    ----------
    pixel
        One pixel of a tile.
    """
    affine, shape = pixel.geobox.affine, pixel.geobox.shape
    row, down = divmod(pixel.row - count // 2, count)
    col, right = divmod(pixel.col - count // 2, count)
    left, top = affine.c + right * affine.a, affine.f + down * affine.e
    corner = Affine(affine.a * count, 0, left, 0, affine.e * count, top)
    cells = GeoBox((shape[0] // count, shape[1] // count), corner, pixel.geobox.crs)
    return Block(cells, row, col, 1, 1)
