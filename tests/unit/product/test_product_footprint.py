"""Outlines on the globe, at its awkward places too."""

from __future__ import annotations

import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from shapely.geometry import shape

from smmap.product.footprint import compute_footprint
from smmap.spec.tile import Block


def test_corners_equal_pyproj(tile):
    area = Block(tile.geobox, 100, 200, 300, 400)
    geometry, bbox = compute_footprint(area)
    transformer = Transformer.from_crs(32631, 4326, always_xy=True)
    ring = geometry["coordinates"][0]
    for x, y in [(616400, 5631000), (620400, 5631000), (616400, 5628000), (620400, 5628000)]:
        lon, lat = transformer.transform(x, y)
        assert any(
            lon == pytest.approx(a, abs=1e-6) and lat == pytest.approx(b, abs=1e-6) for a, b in ring
        )
    assert bbox == pytest.approx(shape(geometry).bounds)
    assert shape(geometry).exterior.is_ccw


@pytest.mark.parametrize("epsg, easting", [(32660, 780000), (32601, 160000)])
def test_antimeridian_is_cut_in_two(epsg, easting):
    area = Block.whole(GeoBox((512, 512), Affine(200, 0, easting, 0, -200, 200000), epsg))
    geometry, (west, south, east, north) = compute_footprint(area)
    assert geometry["type"] == "MultiPolygon"
    outline = shape(geometry)
    assert outline.is_valid
    assert outline.bounds[0] == -180
    assert outline.bounds[2] == 180
    assert west > 179 - 1
    assert east < -179 + 1
    assert south < north
    # About 0.92 degrees a side at the equator, in two pieces.
    assert outline.area == pytest.approx((102.4 / 111.3) ** 2, rel=0.01)


def test_the_whole_globe_stays_one_piece():
    area = Block.whole(GeoBox((18, 36), Affine(10, 0, -180, 0, -10, 90), "EPSG:4326"))
    geometry, bbox = compute_footprint(area)
    assert geometry["type"] == "Polygon"
    assert bbox == [-180, -90, 180, 90]


def test_easternmost_tile_touches_the_antimeridian_only():
    area = Block.whole(GeoBox((10, 10), Affine(0.1, 0, 179, 0, -0.1, 1), "EPSG:4326"))
    geometry, bbox = compute_footprint(area)
    assert geometry["type"] == "Polygon"
    assert bbox == [179, 0, 180, 1]
