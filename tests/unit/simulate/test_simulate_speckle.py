"""Speckle has the statistics that theory gives it."""

import numpy as np
import pytest

from smmap.simulate.radar import add_speckle
from smmap.simulate.speckle import LOOK_WEIGHTS, draw_speckle


@pytest.fixture(scope="module")
def speckle():
    return draw_speckle((700, 700), np.random.default_rng(1))


def test_mean_is_one_and_looks_are_those_of_grd(speckle):
    assert speckle.min() > 0
    assert speckle.mean() == pytest.approx(1, abs=0.01)
    assert 1 / speckle.var() == pytest.approx(4.4, rel=0.03)


def test_look_weights_give_those_looks():
    weights = np.array(LOOK_WEIGHTS)
    assert weights.sum() ** 2 / (weights**2).sum() == pytest.approx(4.4, abs=1e-12)


@pytest.mark.parametrize("axis, resolution_m", [(1, 20.0), (0, 22.0)])
def test_neighbours_are_correlated_as_the_resolution_says(speckle, axis, resolution_m):
    # A Gaussian point spread whose power is halved at half the resolution: the power's
    # correlation at a distance d is exp(-d^2 / (2 sigma^2)), sigma = resolution / (2 sqrt(ln 2)).
    sigma = resolution_m / 10 / (2 * np.sqrt(np.log(2)))
    for distance in (1, 2, 3):
        near, far = speckle, np.roll(speckle, distance, axis)
        expected = np.exp(-(distance**2) / (2 * sigma**2))
        assert np.corrcoef(near.ravel(), far.ravel())[0, 1] == pytest.approx(expected, abs=0.02)


def test_polarisations_have_speckle_of_their_own():
    flat = np.ones((400, 400))
    seen = add_speckle({"vv": flat, "vh": 0.1 * flat}, np.random.default_rng(2))
    assert abs(np.corrcoef(seen["vv"].ravel(), seen["vh"].ravel())[0, 1]) < 0.02
    assert seen["vh"].mean() == pytest.approx(0.1, rel=0.02)
