"""GeoTIFFs whose header was damaged: not the pixels, but where they lie, and in which system."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from rasterio.transform import from_origin

from smmap.spec.band import Band
from smmap.spec.errors import SceneError
from smmap.stack.raster import load_raster
from smmap.store.raster_header import read_raster_header

DAMAGE = {
    "a place without a size": (struct.pack("<3d", 10, 10, 0), bytes(24)),
    "a code that is none": (
        struct.pack("<4H", 3072, 0, 1, 32632),
        struct.pack("<4H", 3072, 0, 1, 9),
    ),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_header_costs_its_scene(kind, block, tmp_path, write_tif):
    transform = from_origin(600_000, 5_100_000, 10, 10)
    href = write_tif(tmp_path / "a.tif", np.ones(block.shape, np.float32), transform=transform)
    content = (tmp_path / "a.tif").read_bytes()
    sound, broken = DAMAGE[kind]
    assert content.count(sound) == 1
    (tmp_path / "a.tif").write_bytes(content.replace(sound, broken))
    with pytest.raises(SceneError, match=r"a\.tif"):
        load_raster(Band("red", href, "1"), block)
    with pytest.raises(SceneError, match=r"a\.tif"):
        read_raster_header(href)
