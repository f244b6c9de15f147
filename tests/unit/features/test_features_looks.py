"""Looks that are claimed are those that simulated speckle of homogeneous ground has left."""

import math

import numpy as np
import pytest

from smmap.features.aggregate import compute_block_mean
from smmap.features.looks import compute_effective_looks, compute_lee_kept
from smmap.features.speckle import filter_boxcar, filter_lee, filter_quegan
from smmap.simulate.area import PIXEL_M
from smmap.simulate.speckle import LOOKS, RESOLUTION_M, draw_speckle

WINDOWS = [3, 5, 7, 9, 11, 13, 15]
EDGE = 20


@pytest.fixture(scope="module")
def speckle():
    return [draw_speckle((600, 600), np.random.default_rng(seed)) for seed in range(6)]


def measure(fields):
    """Squared mean over variance, away from the edges."""
    inner = np.stack([one[EDGE:-EDGE, EDGE:-EDGE] for one in fields])
    return inner.mean() ** 2 / inner.var()


def claim(window, factor=1, kept=0.0):
    return compute_effective_looks(LOOKS, window, factor, PIXEL_M, RESOLUTION_M, kept=kept)


@pytest.mark.parametrize("window", WINDOWS)
def test_boxcar(window, speckle):
    measured = measure([filter_boxcar(one, window) for one in speckle])
    assert claim(window) == pytest.approx(measured, rel=0.05)


@pytest.mark.parametrize("window", WINDOWS)
def test_lee(window, speckle):
    measured = measure([filter_lee(one, window, LOOKS) for one in speckle])
    kept = compute_lee_kept(LOOKS, window, PIXEL_M, RESOLUTION_M)
    assert claim(window, kept=kept) == pytest.approx(measured, rel=0.1)


@pytest.mark.parametrize("window", [5, 9, 13])
@pytest.mark.parametrize("dates", [1, 3, 6])
def test_quegan(window, dates, speckle):
    stack = np.stack(speckle[:dates])
    measured = measure([filter_quegan(np.roll(stack, turn, 0), window) for turn in range(dates)])
    assert claim(window, kept=1 / dates) == pytest.approx(measured, rel=0.05)


@pytest.mark.parametrize("method", ["none", "boxcar", "lee", "quegan"])
@pytest.mark.parametrize("factor", [2, 5])
def test_averaged_after_the_filter(method, factor, speckle):
    window = 1 if method == "none" else 9
    kept = {
        "lee": compute_lee_kept(LOOKS, 9, PIXEL_M, RESOLUTION_M),
        "quegan": 1 / len(speckle),
    }.get(method, 0.0)
    if method == "lee":
        filtered = [filter_lee(one, window, LOOKS) for one in speckle]
    elif method == "quegan":
        filtered = [filter_quegan(np.roll(np.stack(speckle), turn, 0), window) for turn in range(6)]
    else:
        filtered = [filter_boxcar(one, window) for one in speckle]
    inner = np.stack([one[EDGE:-EDGE, EDGE:-EDGE] for one in filtered])
    cells = np.stack([compute_block_mean(one, np.isfinite(one), factor)[0] for one in inner])
    measured = cells.mean() ** 2 / cells.var()
    assert claim(window, factor, kept) == pytest.approx(measured, rel=0.1)


def test_one_pixel_has_its_own_looks():
    assert claim(1) == pytest.approx(LOOKS)
    assert claim(9, kept=1.0) == pytest.approx(LOOKS)


def test_two_by_two_by_hand():
    """20 m and 22 m at 10 m: sigma 1.2011 and 1.3212 pixels, neighbours share 0.7071 and 0.7510."""
    share = (2 + 2 * 2**-0.5) / 4 * (2 + 2 * math.exp(-math.log(2) * 2 / 2.2**2)) / 4
    assert compute_effective_looks(4.4, 1, 2, 10, (20, 22)) == pytest.approx(4.4 / share)


def test_pixels_that_share_nothing_count_each():
    assert compute_effective_looks(4.4, 9, 1, 10, (0.1, 0.1)) == pytest.approx(4.4 * 81)


def test_lee_of_independent_gamma_power():
    """The gain that is left, measured on power whose pixels share nothing."""
    power = np.random.default_rng(8).gamma(4.4, 1 / 4.4, (600, 600))
    kept = compute_lee_kept(4.4, 9, 10, (0.1, 0.1))
    measured = measure([filter_lee(power, 9, 4.4)])
    claimed = compute_effective_looks(4.4, 9, 1, 10, (0.1, 0.1), kept=kept)
    assert claimed == pytest.approx(measured, rel=0.1)


def test_wider_windows_keep_less():
    kept = [compute_lee_kept(4.4, window, 10, (20.3, 22.6)) for window in (3, 9, 15, 31, 63)]
    assert kept == sorted(kept, reverse=True)
    assert 0 < kept[-1] < kept[0] < 0.5
