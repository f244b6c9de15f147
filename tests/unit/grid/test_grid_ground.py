"""Spacing against geodesics (GeographicLib), which know nothing of map scales."""

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import Geod
from shapely.geometry import box

from smmap.grid.ground import compute_lonlat, compute_spacing
from smmap.grid.named import get_grid
from smmap.grid.utm import UtmGrid
from smmap.spec.tile import Block

WGS84 = Geod(ellps="WGS84")


def measure(block: Block) -> tuple[np.ndarray, np.ndarray]:
    """Geodesics over 2 pixels around the middle column, down and across, per pixel."""
    wide = block.pad(1)
    lon, lat = compute_lonlat(wide)
    c = wide.width // 2
    down = WGS84.inv(lon[:-2, c], lat[:-2, c], lon[2:, c], lat[2:, c])[2] / 2
    rows = slice(1, -1)
    across = WGS84.inv(lon[rows, c - 1], lat[rows, c - 1], lon[rows, c + 1], lat[rows, c + 1])[2]
    return down, across / 2


@pytest.mark.parametrize("column, row", [(1, 2), (4, 50), (7, 80), (3, 90)])
def test_spacing_on_utm(column, row):
    tile = UtmGrid("utm-100m", 100).get_tile(32, "N", column, row)
    block = Block(tile.geobox, 300, 480, 20, 65)
    for ours, geodesic in zip(compute_spacing(block), measure(block), strict=True):
        np.testing.assert_allclose(ours, geodesic, rtol=2e-4)


@pytest.mark.parametrize("lat", [-60, 0, 45, 80])
def test_spacing_in_degrees(lat):
    (tile,) = get_grid("geo-0.01deg").find_tiles(box(10.2, lat + 0.2, 10.8, lat + 0.8))
    block = Block(tile.geobox, 10, 30, 40, 41)
    for ours, geodesic in zip(compute_spacing(block), measure(block), strict=True):
        np.testing.assert_allclose(ours, geodesic, rtol=1e-5)


@pytest.mark.parametrize("row", [10, 57, 100])
def test_spacing_on_ease2_differs_down_and_across(row):
    tile = get_grid("ease2-1km")._get_tile(140, row)
    block = Block.whole(tile.geobox)
    down, across = compute_spacing(block)
    for ours, geodesic in zip((down, across), measure(block), strict=True):
        np.testing.assert_allclose(ours, geodesic, rtol=1e-3)
    # Equal area: the product is the cell's area everywhere.
    np.testing.assert_allclose(down * across, 1000.8950233495561**2, rtol=1e-6)


def test_spacing_does_not_depend_on_the_cut():
    tile = UtmGrid("utm-100m", 100).get_tile(32, "N", 2, 50)
    whole = compute_spacing(Block.whole(tile.geobox))
    part = compute_spacing(Block(tile.geobox, 200, 900, 100, 50))
    for all_rows, some in zip(whole, part, strict=True):
        np.testing.assert_array_equal(all_rows[200:300], some)


def test_lonlat_of_a_known_point():
    """On the central meridian easting is 500000; half the meridian quadrant is 45.0 N.

    Northing of 45 N: 0.9996 x 4984944.378 m (meridian arc of WGS 84).
    """
    northing = 0.9996 * 4_984_944.378
    affine = Affine(10, 0, 500_000 - 5, 0, -10, northing + 5)
    geobox = GeoBox((1, 1), affine, "EPSG:32632")
    lon, lat = compute_lonlat(Block.whole(geobox))
    assert lon[0, 0] == pytest.approx(9.0, abs=1e-9)
    assert lat[0, 0] == pytest.approx(45.0, abs=1e-7)


def test_lonlat_in_degrees_are_the_axes():
    geobox = GeoBox.from_bbox((10, 50, 10.4, 50.2), "EPSG:4326", shape=(2, 4))
    lon, lat = compute_lonlat(Block.whole(geobox))
    np.testing.assert_allclose(lon[0], [10.05, 10.15, 10.25, 10.35])
    np.testing.assert_allclose(lat[:, 0], [50.15, 50.05])
    assert lon.shape == lat.shape == (2, 4)
