"""Optical scenes agree with the ground and the sky."""

import numpy as np
import pytest

from smmap.simulate.clouds import Sky, draw_cover, draw_sky
from smmap.simulate.optical import (
    classify_scene,
    compute_cloud_cover,
    compute_reflectance,
    cover_reflectance,
    store_reflectance,
)


@pytest.fixture(scope="module")
def bands(landscape):
    moisture = np.full(landscape.ndvi.shape, 0.2)
    return compute_reflectance(landscape, moisture, landscape.compute_ndvi(1))


@pytest.fixture(scope="module")
def sky(landscape):
    return draw_sky(landscape.ndvi.shape, np.random.default_rng(4), 0.4)


def test_ndvi_comes_out(landscape, bands):
    ndvi = (bands["nir"] - bands["red"]) / (bands["nir"] + bands["red"])
    np.testing.assert_allclose(ndvi, landscape.compute_ndvi(1), atol=1e-12)


def test_reflectances_are_physical(bands):
    for values in bands.values():
        assert values.min() > 0
        assert values.max() < 0.8


def test_wet_soil_is_darker(landscape):
    ndvi = np.full(landscape.ndvi.shape, 0.15)
    dry, wet = (compute_reflectance(landscape, np.full(ndvi.shape, sm), ndvi) for sm in (0.05, 0.4))
    land = ~landscape.water
    assert all(np.all(wet[name][land] < dry[name][land]) for name in dry)


def test_clouds_are_bright_and_shadows_dark(bands, sky):
    covered = cover_reflectance(bands, sky)
    clear = (sky.cloud == 0) & (sky.cirrus == 0) & (sky.shadow == 0)
    shaded = (sky.cloud == 0) & (sky.cirrus == 0) & (sky.shadow > 0)
    assert clear.any()
    assert shaded.any()
    for name, values in covered.items():
        assert np.array_equal(values[clear], bands[name][clear])
        assert np.all(values[shaded] < bands[name][shaded])
        assert np.all(values[sky.cloud == 1] > 0.3)


def test_shadows_fall_away_from_the_sun():
    # The sun stands south-south-east at 45 degrees: shadows lie 900 m to the north-north-west.
    sky = draw_sky((400, 400), np.random.default_rng(4), 0.4)
    up, left = 83, 34
    assert np.array_equal(sky.shadow[: 400 - up, : 400 - left], sky.cloud[up:, left:])


def test_classes_tell_what_is_there(landscape):
    shape = landscape.ndvi.shape
    nothing = np.zeros(shape)
    cloud, cirrus, shadow = nothing.copy(), nothing.copy(), nothing.copy()
    cloud[0, 0], cloud[0, 2], cirrus[0, 4], shadow[0, 6] = 0.2, 0.8, 0.1, 0.3
    classes = classify_scene(landscape, landscape.compute_ndvi(1), Sky(cloud, cirrus, shadow))
    assert classes[0, :4].tolist() == [8, 9, 10, 3]
    assert set(np.unique(classes[1:])) <= {4, 5, 6}
    water = landscape.water.reshape(shape[0] // 2, 2, shape[1] // 2, 2).all(axis=(1, 3))
    assert np.all(classes[1:][water[1:]] == 6)
    cover = 100 * 3 / classes.size
    assert compute_cloud_cover(classes) == pytest.approx(cover, abs=0.005)


def test_the_second_day_is_almost_clear():
    covers = {day: draw_cover(np.random.default_rng(day), day) for day in range(60)}
    assert covers[1] < 0.05
    assert np.mean([cover > 0.1 for cover in covers.values()]) > 0.7


def test_stored_numbers_carry_the_offset():
    stored = store_reflectance(np.array([0.0, 0.0333, 1.0, -0.2]))
    assert stored.tolist() == [1000, 1333, 11000, 1]
