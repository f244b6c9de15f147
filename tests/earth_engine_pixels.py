"""A block, and pixels around it."""

from __future__ import annotations

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox

from smmap.spec.tile import Block

ZONE_32 = Affine(10, 0, 600_000, 0, -10, 5_100_000)
BLOCK = Block.whole(GeoBox((60, 70), ZONE_32, "EPSG:32632"))


def draw_pixels(shape=(90, 100), dtype=np.float32, low=-25.0, high=5.0):
    chance = np.random.default_rng(7)
    values = chance.uniform(low, high, shape).astype(dtype)
    return np.ma.masked_array(values, chance.random(shape) < 0.1)
