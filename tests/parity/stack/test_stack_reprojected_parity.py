"""Digital numbers on another map: SciPy at exact positions, and any cut."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from scipy.ndimage import map_coordinates

from smmap.spec.band import Band
from smmap.spec.tile import Block
from smmap.stack.raster import load_raster

SIDE = 700
SECOND = 1 / 3600
# Block's CRS, scene's CRS and pixel, the middle of both: longitude and latitude.
PLACES = {
    "next zone": ("EPSG:32632", "EPSG:32633", 10, (12, 46)),
    "next zone, 80 N": ("EPSG:32632", "EPSG:32633", 10, (12, 80)),
    "DEM": ("EPSG:32632", "EPSG:4326", SECOND / 3, (10.5, 46)),
    "DEM, 80 N": ("EPSG:32632", "EPSG:4326", SECOND / 3, (12, 80)),
    "DEM across the antimeridian": ("EPSG:32601", "EPSG:4326", SECOND / 3, (180, 60)),
    "zones of the antimeridian": ("EPSG:32601", "EPSG:32660", 10, (180, 60)),
}


@pytest.fixture(scope="module", params=PLACES)
def case(request, tmp_path_factory):
    """Block, path, stored numbers and each pixel's exact row and column."""
    here, there, pixel, place = PLACES[request.param]
    x, y = Transformer.from_crs(4326, here, always_xy=True).transform(*place)
    affine = Affine(10, 0, round(x) - 1700, 0, -10, round(y) + 1600)
    block = Block(GeoBox((400, 400), affine, here), 35, 67, 230, 190)
    left, top = Transformer.from_crs(4326, there, always_xy=True).transform(*place)
    transform = Affine(pixel, 0, left - 350 * pixel, 0, -pixel, top + 350 * pixel)
    # Neighbours may differ by all that uint16 holds: nothing is harder to interpolate.
    stored = np.random.default_rng(2).integers(1, 65536, (SIDE, SIDE)).astype(np.uint16)
    path = str(tmp_path_factory.mktemp("parity") / "a.tif")
    options = {"driver": "GTiff", "dtype": "uint16", "count": 1, "height": SIDE, "width": SIDE}
    with rasterio.open(path, "w", crs=there, transform=transform, **options) as file:
        file.write(stored, 1)
    xs, ys = Transformer.from_crs(here, there, always_xy=True).transform(
        *np.meshgrid(block.xs(), block.ys())
    )
    if there == "EPSG:4326":
        xs = left + (xs - left + 180) % 360 - 180
    cols, rows = ~transform * (xs, ys)
    return block, path, stored, rows, cols


def test_within_a_digital_number_of_exact(case):
    block, path, stored, rows, cols = case
    places = [rows - 0.5, cols - 0.5]
    expected = map_coordinates(stored.astype(float), places, order=1, cval=np.nan)
    inside = np.isfinite(expected)
    assert inside.mean() > 0.5
    found = load_raster(Band("a", path, "1"), block).values
    assert np.abs(found - expected)[inside].max() < 0.3


def test_nearest_is_the_pixel_that_holds_the_position(case):
    block, path, stored, rows, cols = case
    # The scene's edge and the edges between pixels, to 1e-5, belong to either side.
    clear = (np.abs(rows - rows.round()) > 1e-5) & (np.abs(cols - cols.round()) > 1e-5)
    inside = (rows > 0) & (rows < SIDE) & (cols > 0) & (cols < SIDE)
    found = load_raster(Band("a", path, "1", resampling="nearest"), block)
    np.testing.assert_array_equal(found.covered[clear], inside[clear])
    seen = clear & inside
    expected = stored[rows[seen].astype(int), cols[seen].astype(int)]
    np.testing.assert_array_equal(found.values[seen], expected)


@pytest.mark.parametrize("size", [1, 37, 64, 100])
def test_every_block_size_gives_the_same_bits(case, size):
    block, path, *_ = case
    band = Band("a", path, "1", scale=1e-4, offset=-0.1)
    whole = load_raster(band, block)
    parts = Block(block.geobox, block.row, block.col, 3, 5).split(1) if size == 1 else None
    for part in parts or block.split(size):
        found = load_raster(band, part)
        np.testing.assert_array_equal(found.values, whole.values[part.within(block)])
        np.testing.assert_array_equal(found.covered, whole.covered[part.within(block)])
