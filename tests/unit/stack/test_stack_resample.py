"""Against plain Python, one pixel at a time, with a transformer of its own."""

import math

import numpy as np
import pytest
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from smmap.spec.band import Band
from smmap.spec.tile import Block
from smmap.stack.raster import load_raster

METHODS = ("nearest", "bilinear")


def resample_slowly(values, transform, crs, block, method):
    """The pixel that holds the centre, or the four nearest centres that have values."""
    to_scene = Transformer.from_crs(str(block.geobox.crs), crs, always_xy=True)
    out = np.full(block.shape, np.nan)
    height, width = values.shape
    for i, y in enumerate(block.ys()):
        for j, x in enumerate(block.xs()):
            col, row = ~transform * to_scene.transform(x, y)
            if not (0 <= row < height and 0 <= col < width):
                continue
            nearest = values[math.floor(row), math.floor(col)]
            if math.isnan(nearest) or method == "nearest":
                out[i, j] = nearest
                continue
            top, left = math.floor(row - 0.5), math.floor(col - 0.5)
            total = weight = 0.0
            for r in (top, top + 1):
                for c in (left, left + 1):
                    if 0 <= r < height and 0 <= c < width and not math.isnan(values[r, c]):
                        share = (1 - abs(row - 0.5 - r)) * (1 - abs(col - 0.5 - c))
                        total += share * values[r, c]
                        weight += share
            out[i, j] = total / weight
    return out


def fill(shape, seed=0):
    """Smooth plus noise, a tenth of it missing, with one larger hole; never zero."""
    generator = np.random.default_rng(seed)
    values = 1 + generator.random(shape).astype(np.float32)
    values[generator.random(shape) < 0.1] = np.nan
    values[10:20, 15:30] = np.nan
    return values


SCENES = {
    "same grid": ("EPSG:32632", Affine(10, 0, 600_000, 0, -10, 5_100_000)),
    "shifted by whole pixels": ("EPSG:32632", Affine(10, 0, 599_870, 0, -10, 5_100_110)),
    "shifted by fractions": ("EPSG:32632", Affine(10, 0, 600_103.7, 0, -10, 5_099_902.2)),
    "coarser": ("EPSG:32632", Affine(20, 0, 599_900, 0, -20, 5_100_200)),
    "south up": ("EPSG:32632", Affine(10, 0, 600_004, 0, 10, 5_099_300)),
    "rotated": ("EPSG:32632", Affine(8, 3, 599_950, 3, -8, 5_099_900)),
    "next zone": ("EPSG:32633", Affine(10, 0, 135_750, 0, -10, 5_109_930)),
    "degrees": ("EPSG:4326", Affine(1.3e-4, 0, 10.290, 0, -0.9e-4, 46.0468)),
    "equal area": ("EPSG:3035", Affine(10, 0, 4_343_600, 0, -10, 2_548_250)),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", SCENES)
def test_against_plain_python(name, method, block, tmp_path, write_tif):
    crs, transform = SCENES[name]
    values = fill((90, 110))
    href = write_tif(tmp_path / "a.tif", values, transform=transform, crs=crs)
    found = load_raster(Band("a", href, "1", resampling=method), block)
    expected = resample_slowly(values, transform, crs, block, method)
    seen = np.isfinite(expected)
    assert seen.sum() > 1000
    np.testing.assert_array_equal(np.isfinite(found.values), seen)
    np.testing.assert_allclose(found.values[seen], expected[seen], rtol=2e-6)
    everywhere = resample_slowly(np.ones_like(values), transform, crs, block, "nearest")
    np.testing.assert_array_equal(found.covered, np.isfinite(everywhere))


@pytest.mark.parametrize("method", METHODS)
def test_the_same_grid_gives_the_stored_bits(method, block, tmp_path, write_tif):
    values = fill(block.shape, 3)
    href = write_tif(tmp_path / "a.tif", values)
    found = load_raster(Band("a", href, "1", resampling=method), block)
    np.testing.assert_array_equal(found.values, values)
    assert found.covered.all()


def test_half_way_between_two_pixels_by_hand(tmp_path, write_tif):
    """Half a pixel to the right: means of neighbours; without a neighbour the pixel alone."""
    nan = np.nan
    values = np.array([[1, 2, nan, 4, 5]], np.float32)
    href = write_tif(tmp_path / "a.tif", values)
    half = Affine(10, 0, 600_005, 0, -10, 5_100_000)
    there = Block.whole(GeoBox((1, 5), half, "EPSG:32632"))
    found = load_raster(Band("a", href, "1"), there)
    # Positions 1, 2, 3, 4, 5: the pixels that hold them are 2, nan, 4, 5 and none.
    np.testing.assert_array_equal(found.values, [[1.5, nan, 4, 4.5, nan]])
    np.testing.assert_array_equal(found.covered, [[True, True, True, True, False]])


def test_nothing_of_the_scene_is_in_the_block(block, tmp_path, write_tif):
    href = write_tif(tmp_path / "a.tif", fill((30, 40)), row=500)
    found = load_raster(Band("a", href, "1"), block)
    assert found.values.shape == block.shape
    assert np.isnan(found.values).all()
    assert not found.covered.any()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(list(SCENES)),
    method=st.sampled_from(METHODS),
    row=st.integers(-20, 70),
    col=st.integers(-20, 90),
    height=st.integers(1, 60),
    width=st.integers(1, 60),
)
def test_any_window_gives_the_bits_of_the_whole(
    name, method, row, col, height, width, block, tmp_path_factory, write_tif
):
    crs, transform = SCENES[name]
    path = tmp_path_factory.getbasetemp() / f"window-{name}.tif"
    href = (
        str(path)
        if path.exists()
        else write_tif(path, fill((90, 110)), transform=transform, crs=crs)
    )
    band = Band("a", href, "1", resampling=method)
    wide = block.pad(80)
    whole = load_raster(band, wide)
    part = Block(block.geobox, row, col, height, width)
    found = load_raster(band, part)
    inner = part.within(wide)
    np.testing.assert_array_equal(found.values, whole.values[inner])
    np.testing.assert_array_equal(found.covered, whole.covered[inner])


ACROSS = Affine(1e-3, 0, 179.95, 0, -1e-3, 10.05)
"""100 columns of 0.001 degrees from 179.95 E to 179.95 W."""


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("epsg, easting", [(32660, 825_000), (32601, 175_000)])
def test_a_scene_across_the_antimeridian(epsg, easting, method, tmp_path, write_tif):
    """Zones 1 and 60 reach over 180 degrees; longitudes beyond must find the scene's columns."""
    values = fill((100, 100), 7)
    href = write_tif(tmp_path / "a.tif", values, transform=ACROSS, crs="EPSG:4326")
    west, south = Transformer.from_crs(4326, epsg, always_xy=True).transform(180, 10)
    affine = Affine(100, 0, round(west) - 3000, 0, -100, round(south) + 3000)
    there = Block.whole(GeoBox((60, 60), affine, f"EPSG:{epsg}"))
    found = load_raster(Band("a", href, "1", resampling=method), there)
    assert found.covered.all()
    to_lon = Transformer.from_crs(epsg, 4326, always_xy=True)
    checked = 0
    for i, y in enumerate(there.ys()[::7]):
        for j, x in enumerate(there.xs()):
            lon, lat = to_lon.transform(x, y)
            col, row = ~ACROSS * (lon % 360, lat)
            nearest = values[math.floor(row), math.floor(col)]
            assert np.isnan(found.values[7 * i, j]) == np.isnan(nearest)
            if method == "nearest" and not np.isnan(nearest):
                assert found.values[7 * i, j] == nearest
                checked += 1
    assert method == "bilinear" or checked > 100


def test_a_geographic_tile_west_of_a_scene_across_the_antimeridian(tmp_path, write_tif):
    """Tiles count from 180 W: their longitudes are negative where the scene's exceed 180."""
    values = np.arange(1, 10_001, dtype=np.float32).reshape(100, 100)
    href = write_tif(tmp_path / "a.tif", values, transform=ACROSS, crs="EPSG:4326")
    affine = Affine(1e-3, 0, -180, 0, -1e-3, 10.05)
    there = Block.whole(GeoBox((100, 50), affine, "EPSG:4326"))
    found = load_raster(Band("a", href, "1"), there)
    np.testing.assert_array_equal(found.values, values[:, 50:])


def test_places_that_the_scenes_map_does_not_have(tmp_path, write_tif):
    """A geographic tile at the pole, padded beyond 90 degrees."""
    transform = Affine(10_000, 0, 0, 0, -10_000, 10_000_000)
    href = write_tif(tmp_path / "a.tif", fill((100, 100)), transform=transform)
    affine = Affine(0.01, 0, 9, 0, -0.01, 90)
    there = Block.whole(GeoBox((100, 100), affine, "EPSG:4326")).pad(2)
    found = load_raster(Band("a", href, "1"), there)
    assert not found.covered[:2].any()
    assert np.isnan(found.values[:2]).all()
    assert found.covered[2:].all()
