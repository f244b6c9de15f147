"""Soil gets wet in rain and dries as an exponential."""

from datetime import timedelta

import numpy as np

from smmap.simulate.orbits import START
from smmap.simulate.weather import Rain, draw_rain, iterate_soil_moisture

HOUR = timedelta(hours=1)


def test_drying_is_exponential(landscape):
    moments = [START + 24 * day * HOUR for day in (1, 2, 3)]
    first, second, third = (sm for _, sm in iterate_soil_moisture(landscape, [], moments, 0))
    inner = (third > 0.035) & (first < 0.44)
    # Equal steps of an exponential are in one ratio: (a - b) / (b - c) = exp(1 day / tau).
    ratio = (first - second)[inner] / (second - third)[inner]
    assert np.all((1 / np.log(ratio) > 1.5) & (1 / np.log(ratio) < 9))
    assert np.all(first >= second)


def test_rain_makes_wet(landscape):
    moments = [START + 24 * HOUR, START + 26 * HOUR]
    rain = [Rain(START + 25 * HOUR, 12.0, 31)]
    before, after = (sm for _, sm in iterate_soil_moisture(landscape, rain, moments, 0))
    assert np.all(after >= before)
    assert np.median(after - before) > 0.1


def test_what_is_asked_earlier_changes_nothing(landscape):
    rain = draw_rain(6, 3)
    days = [START + 24 * day * HOUR for day in range(6)]
    *_, (_, all_asked) = iterate_soil_moisture(landscape, rain, days, 3)
    *_, (_, last_asked) = iterate_soil_moisture(landscape, rain, days[-1:], 3)
    assert np.array_equal(all_asked, last_asked)


def test_moisture_is_bounded_and_differs_in_space(landscape):
    for _, sm in iterate_soil_moisture(landscape, draw_rain(3, 3), [START, START + 50 * HOUR], 3):
        assert sm.min() >= 0.03
        assert sm.max() <= 0.45
        assert sm.std() > 0.01


def test_more_days_change_no_earlier_rain():
    short, long = draw_rain(12, 7), draw_rain(60, 7)
    assert long[: len(short)] == short
    assert draw_rain(12, 8) != short
