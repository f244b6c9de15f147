"""Longitude and latitude between few transformed points."""

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from smmap.grid.ground import compute_lonlat
from smmap.spec.tile import Block
from smmap.stack.lonlat import compute_lonlat_layers

UTM = GeoBox((10240, 10240), Affine(10, 0, 307200, 0, -10, 5734400), "EPSG:32631")
POLAR = GeoBox((400, 400), Affine(25, 0, -5000, 0, -25, 5000), "EPSG:3413")
DEGREES = GeoBox((500, 500), Affine(0.01, 0, 5, 0, -0.01, 50), "EPSG:4326")


@pytest.mark.parametrize(
    "block",
    [Block(UTM, 3001, 517, 130, 200), Block(POLAR, 0, 0, 400, 400), Block(DEGREES, 7, 9, 80, 3)],
)
def test_they_are_those_of_every_pixel(block):
    found = compute_lonlat_layers(block)
    for name, exact in zip(("longitude", "latitude"), compute_lonlat(block), strict=True):
        assert found[name].dtype == np.float32
        # Half a step of float32, and the tolerance.
        np.testing.assert_allclose(found[name], exact, rtol=2**-24, atol=1.1e-8)


def test_every_cut_gives_the_same_bits():
    whole = compute_lonlat_layers(Block(UTM, 100, 200, 150, 90))
    for part in Block(UTM, 100, 200, 150, 90).split(37):
        for name, values in compute_lonlat_layers(part).items():
            window = part.within(Block(UTM, 100, 200, 150, 90))
            np.testing.assert_array_equal(values, whole[name][window])
