"""Looks and metres that a recipe leaves of a radar scene."""

import pytest

from smmap.spec.recipe import Despeckle, Radar
from smmap.stack.radar import RadarGrid, compute_resolution, is_filtered

FINE = RadarGrid(1, 10.0)
PLAIN = Radar(despeckle=Despeckle(method="none"))


def test_a_filter_runs_only_where_averaging_is_not_enough(make_definition):
    definition = make_definition()
    assert is_filtered(FINE, definition, Radar())
    assert not is_filtered(RadarGrid(10, 10.0), definition, Radar())
    assert not is_filtered(FINE, definition, PLAIN)


def count_pixels(side):
    """Independent pixels of a plain mean at 10 m, pair by pair: 20.3 m x 22.6 m, 3 dB wide."""
    shared = 1.0
    for resolution in (2.03, 2.26):
        pairs = [2 ** (-2 * (i - j) ** 2 / resolution**2) for i in range(side) for j in range(side)]
        shared *= sum(pairs) / side**2
    return 1 / shared


def test_looks_and_metres_of_a_value(make_definition):
    definition = make_definition()

    def resolve(grid, method="lee", **changes):
        radar = Radar(despeckle=Despeckle(method=method, **changes))
        return compute_resolution(grid, definition, radar)

    looks, metres = resolve(FINE, "boxcar", window=9)
    assert (looks, metres) == (pytest.approx(4.4 * count_pixels(9)), 90)
    looks, metres = resolve(RadarGrid(10, 10.0))
    assert (looks, metres) == (pytest.approx(4.4 * count_pixels(10)), 100)
    assert looks > 50
    assert resolve(FINE, "none") == (pytest.approx(4.4), 22.6)
    assert resolve(RadarGrid(2, 10.0), "boxcar", window=5)[1] == 60
    assert resolve(FINE, "lee", window=9)[0] < resolve(FINE, "boxcar", window=9)[0]


def test_the_multi_temporal_filters_looks_come_from_its_dates(make_definition):
    """Of n dates 1 / n of the pixel's own speckle stays beside the window's."""
    radar = Radar(despeckle=Despeckle(method="quegan", window=9))
    assert compute_resolution(FINE, make_definition(), radar)[0] == pytest.approx(4.4)
    found, _ = compute_resolution(FINE, make_definition(), radar, dates=4)
    assert found == pytest.approx(4.4 / (0.75 / count_pixels(9) + 0.25))


def test_the_default_leaves_enough_looks_for_an_inversion(make_definition):
    looks, metres = compute_resolution(FINE, make_definition(), Radar())
    assert looks >= 50
    assert metres == 130
