"""Radar scenes agree with the soil under them."""

import dataclasses

import numpy as np
import pytest
from scipy.optimize import brentq

from smmap.simulate.area import list_areas
from smmap.simulate.orbits import TRACKS
from smmap.simulate.radar import compute_local_incidence, compute_sigma0
from smmap.simulate.stream import open_stream
from smmap.simulate.swath import compute_view
from smmap.simulate.terrain import Terrain, draw_terrain


@pytest.fixture(scope="module")
def view(area):
    return compute_view(area, TRACKS[0])


def test_inverting_the_forward_model_gives_the_truth_back(landscape, view):
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.03, 0.45, landscape.ndvi.shape)
    ndvi = landscape.compute_ndvi(3)
    sigma0 = compute_sigma0(landscape, truth, ndvi, view, "vv")
    rows, columns = np.nonzero(~landscape.water)
    for i in rng.choice(len(rows), 20, replace=False):
        at = rows[i], columns[i]
        theta, cover, s = np.radians(view.incidence_deg[at]), ndvi[at], landscape.rms_height_cm[at]
        gain = np.sin(theta) / np.sin(compute_local_incidence(landscape, view)[at])
        t2 = np.exp(-2 * 0.5513 * cover / np.cos(theta))

        def excess(mv, theta=theta, cover=cover, s=s, gain=gain, t2=t2, seen=sigma0[at]):
            # The equations of Baghdadi et al. 2016 and 2017, written out anew.
            soil = 10**-1.138 * np.cos(theta) ** 1.528 * 10 ** (0.008 / np.tan(theta) * 100 * mv)
            soil *= (1.1328 * s) ** (0.71 * np.sin(theta))
            return gain * (0.0950 * cover * np.cos(theta) * (1 - t2) + t2 * soil) - seen

        assert brentq(excess, 0, 0.5, xtol=1e-12) == pytest.approx(truth[at], abs=1e-9)


def test_a_slope_towards_the_radar_is_looked_at_more_steeply(landscape, view):
    rows, columns = np.indices(landscape.ndvi.shape)
    away_m = 10 * (columns * view.look_east - rows * view.look_north)
    dry = np.zeros(rows.shape, bool)
    for tilt_deg in (10, -10):
        plane = Terrain(np.tan(np.radians(tilt_deg)) * away_m, dry, dry.astype(float))
        tilted = dataclasses.replace(landscape, terrain=plane)
        local_deg = np.degrees(compute_local_incidence(tilted, view))
        np.testing.assert_allclose(local_deg, view.incidence_deg - tilt_deg, atol=1e-6)


def test_water_is_dark(landscape, view):
    shape = landscape.ndvi.shape
    sigma0 = compute_sigma0(landscape, np.full(shape, 0.1), landscape.ndvi, view, "vv")
    assert landscape.water.any()
    np.testing.assert_allclose(10 * np.log10(sigma0[landscape.water]), -22)
    assert sigma0[~landscape.water].min() > 3 * sigma0[landscape.water].max()


def test_some_hillsides_are_steep():
    block = list_areas(1, 512)[0].block
    terrain = draw_terrain(block, open_stream(0, "terrain", 0))
    slope_deg = np.degrees(np.arctan(np.hypot(*terrain.compute_gradient())))
    assert 0.002 < (slope_deg > 10).mean() < 0.1
    assert slope_deg.max() < 45
    assert 0.005 < terrain.water.mean() < 0.1
    assert np.ptp(terrain.elevation) > 50
