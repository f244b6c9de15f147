"""Merge rules by hand."""

from __future__ import annotations

import numpy as np
import pytest

from smmap.product.daily_layers import N_OBS, TIME_OFFSET, pack_daily
from smmap.product.layers import SM, SM_QUALITY
from smmap.product.merge_least_uncertain import merge_least_uncertain
from smmap.product.merge_mean import merge_mean
from smmap.product.merge_nearest import merge_nearest
from smmap.product.merge_rule import Observations
from smmap.product.time_of_day import compute_distance, parse_time_of_day
from smmap.spec.errors import ConfigError

NAN = np.nan


def observe(*rows):
    """Rows of (sm, uncertainty, quality, minutes, distance in minutes) of one cell."""
    columns = [np.array(column, float)[:, None, None] for column in zip(*rows, strict=True)]
    sm, uncertainty, quality, minutes, distance = columns
    return Observations(sm, uncertainty, quality.astype(np.uint16), minutes * 60, distance * 60)


def show(merged):
    return (
        merged.sm.item(),
        merged.sm_uncertainty.item(),
        merged.sm_quality.item(),
        merged.time_s.item() / 60,
    )


DAWN = (0.20, 0.03, 0, 330, 30)
DUSK = (0.30, 0.04, 0, 1050, 690)


def test_nearest():
    assert show(merge_nearest(observe(DUSK, DAWN))) == (0.20, 0.03, 0, 330)


def test_nearest_prefers_the_unflagged_one_far_away():
    flagged = (0.40, 0.01, 2, 360, 0)
    assert show(merge_nearest(observe(flagged, DUSK))) == (0.30, 0.04, 0, 1050)


def test_mean():
    """(0.2 + 0.3) / 2; sqrt(0.03^2 + 0.04^2) / 2 = 0.05 / 2; (330 + 1050) / 2."""
    assert show(merge_mean(observe(DAWN, DUSK))) == pytest.approx((0.25, 0.025, 0, 690))


def test_mean_of_flagged_values_has_all_their_flags():
    merged = merge_mean(observe((0.2, 0.03, 2, 0, 0), (0.4, NAN, 512, 10, 0)))
    assert show(merged)[0] == pytest.approx(0.3)
    assert np.isnan(show(merged)[1])
    assert show(merged)[2:] == (514, 5)


def test_least_uncertain():
    assert show(merge_least_uncertain(observe(DUSK, DAWN)))[0] == 0.20
    unknown = (0.40, NAN, 0, 360, 0)
    assert show(merge_least_uncertain(observe(unknown, DUSK)))[0] == 0.30


def test_without_a_value_the_flags_say_why():
    water, snow = (NAN, NAN, 128, NAN, NAN), (NAN, NAN, 1, NAN, NAN)
    nothing = (NAN, NAN, 65535, NAN, NAN)
    assert show(merge_mean(observe(water, snow, nothing)))[2] == 129
    assert show(merge_nearest(observe(water, nothing)))[2] == 128
    assert show(merge_nearest(observe(nothing, nothing)))[2] == 65535


def test_packed():
    water, nothing = (NAN, NAN, 128, NAN, NAN), (NAN, NAN, 65535, NAN, NAN)
    flagged = (0.40, 0.01, 2, 360, 0)

    def packed(*rows):
        observations = observe(*rows)
        layers = pack_daily(observations, merge_nearest(observations))
        return [layers[layer].item() for layer in (SM, SM_QUALITY, N_OBS, TIME_OFFSET)]

    assert packed(DUSK, DAWN, flagged, water) == [2000, 0, 3, 330]
    assert packed(water) == [-32768, 128, 0, -32768]
    assert packed(nothing) == [-32768, 65535, 255, -32768]


@pytest.mark.parametrize(
    "utc_h, longitude, at_h, expected_h",
    [
        (6, 0, 6, 0),
        (5, 15, 6, 0),  # 15 degrees east the sun is an hour ahead
        (23.5, 100, 6, 0.1 + 1 / 15),  # 23.5 + 6.667 = 6.167 of the next morning
        (18, 0, 6, 12),
        (1, 0, 23, 2),  # around midnight
        (18, 180, 6, 0),
        (18, -180, 6, 0),
    ],
)
def test_distance_is_in_local_mean_solar_time(utc_h, longitude, at_h, expected_h):
    found = compute_distance(np.array([utc_h * 3600.0]), np.array([longitude * 1.0]), at_h * 3600)
    assert found.item() / 3600 == pytest.approx(expected_h, abs=1e-9)


def test_time_of_day():
    assert parse_time_of_day("06:30") == 23_400
    for text in ("6", "24:00", "12:60", "noon"):
        with pytest.raises(ConfigError, match="HH:MM"):
            parse_time_of_day(text)
