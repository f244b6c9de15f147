"""Rasters whose pixels lie on whole multiples of their size, as providers cut them."""

from __future__ import annotations

import math

from affine import Affine
from odc.geo.geobox import GeoBox

from smmap.spec.tile import Block


def snap_block(bounds: tuple[float, float, float, float], crs: str, pixel: float) -> Block:
    """The smallest such raster that holds ``bounds`` (left, bottom, right, top in CRS units)."""
    left, bottom = (math.floor(side / pixel) for side in bounds[:2])
    right, top = (math.ceil(side / pixel) for side in bounds[2:])
    affine = Affine(pixel, 0, left * pixel, 0, -pixel, top * pixel)
    return Block.whole(GeoBox((top - bottom, right - left), affine, crs))
