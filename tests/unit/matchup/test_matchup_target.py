"""What was measured at an overpass: by hand, and by a plain loop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smmap.insitu.frame import complete_frame
from smmap.matchup.target import TargetRule, compute_targets
from smmap.spec.errors import InsituError

NOON = datetime(2023, 5, 3, 12, tzinfo=UTC)


def make_readings(rows, **columns):
    """Readings from (minutes after noon, soil moisture)."""
    frame = pd.DataFrame(
        {
            "time": [NOON + timedelta(minutes=minutes) for minutes, _ in rows],
            "soil_moisture": [value for _, value in rows],
        }
    )
    usual = {"network": "N", "station": "S", "depth_from_m": 0.0, "depth_to_m": 0.05}
    return complete_frame(frame.assign(**{**usual, **columns}))


def compute_one(readings, rule, moment=NOON):
    return compute_targets(readings, [moment], rule).iloc[0]


def test_the_closest_reading_counts_and_of_two_as_close_the_earlier():
    readings = make_readings([(-30, 0.10), (30, 0.20), (45, 0.30)])
    found = compute_one(readings, TargetRule())
    assert found["soil_moisture"] == pytest.approx(0.10)
    assert found["measured_at"] == NOON - timedelta(minutes=30)
    assert found["minutes_between"] == pytest.approx(-30)
    later = compute_one(readings, TargetRule(), NOON + timedelta(minutes=1))
    assert later["soil_moisture"] == pytest.approx(0.20)
    assert later["minutes_between"] == pytest.approx(29)


def test_a_reading_beyond_the_limit_is_none():
    readings = make_readings([(-61, 0.10)])
    found = compute_one(readings, TargetRule(within_minutes=60))
    assert np.isnan(found["soil_moisture"])
    assert pd.isna(found["measured_at"])
    assert (found["readings"], found["stations"]) == (0, 0)
    assert compute_one(readings, TargetRule(within_minutes=61))["readings"] == 1


def test_a_daily_mean_is_of_the_utc_day_and_needs_enough_readings():
    # 00:00, 12:00 and 23:59 of the day; midnight at its end is the next day's.
    readings = make_readings([(-720, 0.1), (0, 0.2), (719, 0.6), (720, 0.9)])
    rule = TargetRule("daily-mean", least_readings=3)
    found = compute_one(readings, rule, NOON + timedelta(hours=9))
    assert found["soil_moisture"] == pytest.approx(0.3)
    assert found["readings"] == 3
    assert np.isnan(compute_one(readings, TargetRule("daily-mean", least_readings=4)).iloc[0])
    assert np.isnan(compute_one(readings, rule, NOON - timedelta(days=1)).iloc[0])


def test_probes_of_a_station_are_averaged_first_then_stations():
    readings = pd.concat(
        [
            make_readings([(0, 0.10)], station="A", instrument="1"),
            make_readings([(0, 0.20)], station="A", instrument="2", depth_to_m=0.04),
            make_readings([(10, 0.45)], station="B", depth_from_m=0.02),
            make_readings([(300, 0.01)], station="C"),
        ]
    )
    found = compute_one(readings, TargetRule())
    assert found["soil_moisture"] == pytest.approx((0.15 + 0.45) / 2)
    assert (found["readings"], found["stations"]) == (3, 2)
    assert found["minutes_between"] == pytest.approx(5)
    assert (found["depth_from_m"], found["depth_to_m"]) == (0.0, 0.05)


def test_rules_that_nothing_can_pass_are_refused():
    with pytest.raises(InsituError, match="above 0"):
        TargetRule(within_minutes=0)
    with pytest.raises(InsituError, match="above 0"):
        TargetRule(least_readings=0)


@given(
    times=st.lists(st.integers(-3000, 3000), min_size=1, max_size=12, unique=True),
    moments=st.lists(st.integers(-3000, 3000), min_size=1, max_size=4),
)
def test_the_closest_is_that_of_a_plain_loop(times, moments):
    readings = make_readings([(one, (one + 3000) / 1e4) for one in times])
    wanted = [NOON + timedelta(minutes=one) for one in moments]
    found = compute_targets(readings, wanted, TargetRule(within_minutes=120))
    for moment, value in zip(moments, found["soil_moisture"], strict=True):
        best = min(times, key=lambda one: (abs(one - moment), one))
        if abs(best - moment) > 120:
            assert np.isnan(value)
        else:
            assert value == pytest.approx((best + 3000) / 1e4)
