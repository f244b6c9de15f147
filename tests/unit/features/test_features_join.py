"""Joins in time against plain loops, scipy and hand calculation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from scipy.interpolate import CubicSpline

from smmap.features.accumulation import compute_hourly_rates, compute_rates
from smmap.features.harmonic import compute_harmonic
from smmap.features.join import join_series
from smmap.features.spline import compute_spline
from smmap.features.window_mean import compute_day_mean, compute_mean
from smmap.spec.errors import SceneError
from smmap.spec.join import Join

RULES = (
    {"rule": "nearest", "days_before": 20, "days_after": 20},
    {"rule": "median", "days_before": 20, "days_after": 20},
    {"rule": "mean", "days_before": 20, "days_after": 20, "least_share": 0.1},
    {"rule": "day-mean"},
    {"rule": "spline", "days_before": 20, "days_after": 20},
    {
        "rule": "harmonic",
        "days_before": 20,
        "days_after": 20,
        "harmonics": 1,
        "period_days": 40,
        "spare": 2,
    },
)


def read_join(**options):
    return TypeAdapter(Join).validate_python(options)


def make_series(seed, steps=30, shape=(5, 6), missing=0.3):
    rng = np.random.default_rng(seed)
    values = rng.random((steps, *shape)).astype(np.float32)
    values[rng.random(values.shape) < missing] = np.nan
    ages = np.sort(rng.choice(np.arange(-80, 80), steps, replace=False)) / 4.0
    return values, ages, np.full(steps, 0.25)


def test_mean_by_hand():
    # Steps of a day about -2.5, -1.5, -0.5 days: the span holds a quarter of the first.
    values = np.array([8.0, 2.0, 5.0])[:, None, None]
    ages, steps = np.array([-2.5, -1.5, -0.5]), np.ones(3)
    mean = compute_mean(values, ages, steps, (-2.25, 0.0), 1.0)
    assert mean[0, 0] == np.float32((8 * 0.25 + 2 + 5) / 2.25)
    values[1] = np.nan
    mean = compute_mean(values, ages, steps, (-2.25, 0.0), 0.5)
    assert mean[0, 0] == np.float32((8 * 0.25 + 5) / 1.25)
    assert np.isnan(compute_mean(values, ages, steps, (-2.25, 0.0), 0.6)[0, 0])  # 1.25 of 2.25


def test_a_step_counts_for_as_long_as_it_lasts():
    values = np.array([1.0, 4.0])[:, None, None]
    mean = compute_mean(values, np.array([-3.0, -0.5]), np.array([4.0, 1.0]), (-5.0, 0.0), 1.0)
    assert mean[0, 0] == np.float32((4 * 1 + 1 * 4) / 5)


def test_wholly_missing_steps_count_as_missing():
    values = np.ones((10, 1, 1))
    ages, steps = -np.arange(10) / 24 - 1 / 48, np.full(10, 1 / 24)
    assert compute_mean(values, ages, steps, (-1.0, 0.0), 10 / 24)[0, 0] == 1
    assert np.isnan(compute_mean(values, ages, steps, (-1.0, 0.0), 10.1 / 24)[0, 0])


def test_day_mean_is_of_the_overpass_own_day():
    # Hourly values over three days, each the number of its day; the overpass at 17:30.
    hours = np.arange(72) + 0.5
    values = (hours // 24)[:, None, None]
    ages = (hours - 24 - 17.5) / 24
    mean = compute_day_mean(values, ages, np.full(72, 1 / 24), 17.5 / 24)
    assert mean[0, 0] == 1
    assert np.isnan(compute_day_mean(values[:35], ages[:35], np.full(35, 1 / 24), 17.5 / 24)[0, 0])


@pytest.mark.parametrize("seed", range(4))
def test_spline_against_scipy_pixel_by_pixel(seed):
    values, ages, _ = make_series(seed, missing=0.5)
    joined = compute_spline(values, ages, 6.0)
    seen = 0
    for row, col in np.ndindex(joined.shape):
        valid = np.isfinite(values[:, row, col])
        times, heights = ages[valid], values[valid, row, col].astype(float)
        after = np.searchsorted(times, 0.0)
        inside = 0 < after < len(times)
        if 0.0 in times:
            expected = heights[times == 0.0][0]
        elif inside and times[after] - times[after - 1] <= 6.0:
            expected = CubicSpline(times, heights, bc_type="natural")(0.0)
        else:
            assert np.isnan(joined[row, col])
            continue
        np.testing.assert_allclose(joined[row, col], expected, rtol=2e-6, atol=1e-7)
        seen += 1
    assert seen > 10


def test_spline_reproduces_a_line_and_stays_between_its_ends():
    ages = np.array([-3.0, -1.0, 2.0, 4.0])
    values = (2.0 + 0.5 * ages)[:, None, None]
    assert compute_spline(values, ages, 10.0)[0, 0] == 2
    assert np.isnan(compute_spline(values[:2], ages[:2], 10.0)[0, 0])
    assert np.isnan(compute_spline(values, ages, 2.9)[0, 0])
    assert compute_spline(values[:1], np.zeros(1), 1.0)[0, 0] == np.float32(0.5)


def test_values_of_one_age_count_as_their_mean():
    ages = np.array([-1.0, -1.0, 1.0])
    values = np.array([1.0, 3.0, 4.0])[:, None, None]
    assert compute_spline(values, ages, 10.0)[0, 0] == 3


def fit_plainly(series, ages, rule, step):
    """HANTS for one pixel by numpy's least squares, value by value."""
    angle = 2 * np.pi * ages / rule.period_days
    rows = [np.ones_like(ages)]
    for turn in range(1, rule.harmonics + 1):
        rows += [np.cos(turn * angle), np.sin(turn * angle)]
    basis = np.array(rows).T
    kept = list(np.flatnonzero(np.isfinite(series)))
    least = basis.shape[1] + rule.spare
    if len(kept) < least:
        return np.nan
    while True:
        fit = np.linalg.lstsq(basis[kept], series[kept], rcond=None)[0]
        off = (basis @ fit - series)[kept] * {"low": 1, "high": -1, "none": 0}[rule.reject]
        if off.max() <= rule.tolerance or len(kept) == least:
            break
        del kept[int(off.argmax())]
    return CubicSpline(ages, basis @ fit)(0.0)


@pytest.mark.parametrize("reject", ["low", "high", "none"])
@pytest.mark.parametrize("harmonics", [1, 3])
def test_harmonic_against_least_squares_pixel_by_pixel(reject, harmonics):
    rng = np.random.default_rng(harmonics)
    ages = np.arange(92) * 4.0 - 181.0
    season = 0.4 + 0.25 * np.cos(2 * np.pi * (ages - 30) / 365.25)
    values = season[:, None, None] + 0.02 * rng.standard_normal((92, 4, 5))
    struck = rng.random(values.shape)
    values[struck < 0.2] -= 0.3
    values[struck > 0.9] += 0.3
    values[rng.random(values.shape) < 0.25] = np.nan
    values[8:, 0, 0] = np.nan
    values = values.astype(np.float32)
    rule = read_join(
        rule="harmonic", days_before=200, days_after=200, harmonics=harmonics, reject=reject
    )
    joined = compute_harmonic(values, ages, np.full(92, 4.0), rule)
    expected = [
        [fit_plainly(values[:, row, col].astype(float), ages, rule, 4.0) for col in range(5)]
        for row in range(4)
    ]
    np.testing.assert_allclose(joined, expected, rtol=1e-6)
    assert np.isnan(joined).sum() == 1  # too few are left of the first pixel


def test_clouds_are_rejected_and_the_season_comes_back():
    ages = np.arange(46) * 8.0 - 180.0
    season = 0.5 + 0.2 * np.cos(2 * np.pi * ages / 365.25)
    values = season.copy()
    values[::4] -= 0.4
    rule = read_join(rule="harmonic", days_before=200, days_after=200)
    joined = compute_harmonic(values[:, None, None], ages, np.full(46, 8.0), rule)
    np.testing.assert_allclose(joined, 0.7, atol=1e-4)


def test_harmonic_goes_one_step_beyond_the_dates_and_no_further():
    rule = read_join(rule="harmonic", days_before=400, harmonics=1)
    ages = np.arange(46) * 8.0 - 366.0  # the last is 6 days before the overpass
    values = np.cos(2 * np.pi * ages / 365.25)[:, None, None]
    joined = compute_harmonic(values, ages, np.full(46, 8.0), rule)
    np.testing.assert_allclose(joined, 1.0, atol=1e-6)
    assert np.isnan(compute_harmonic(values, ages - 2.5, np.full(46, 8.0), rule)).all()


def test_harmonic_without_a_unique_fit_gives_nothing():
    # Values at one phase of the year cannot tell cosine from sine.
    rule = read_join(rule="harmonic", days_before=2000, days_after=2000, spare=0, harmonics=1)
    ages = 365.25 * np.arange(-3.0, 4.0)
    assert np.isnan(compute_harmonic(np.ones((7, 1, 1)), ages, np.ones(7), rule)).all()


def test_rules_of_the_card_look_at_their_span_only():
    ages = np.array([-5.0, -1.0, 2.0])
    values = np.array([1.0, 2.0, 3.0])[:, None, None]
    past = read_join(rule="nearest", days_before=3)
    assert [one[0, 0] for one in join_series(values, ages, np.ones(3), past)] == [2, -1]
    both = read_join(rule="median", days_before=6, days_after=6)
    assert [one[0, 0] for one in join_series(values, ages, np.ones(3), both)] == [2, -1]
    none = read_join(rule="nearest", days_before=0.5)
    assert np.isnan(join_series(values, ages, np.ones(3), none)).all()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    rule=st.sampled_from(RULES),
    level=st.floats(-5, 5, width=32),
    missing=st.floats(0, 0.9),
)
def test_a_constant_series_gives_the_constant_or_nothing(seed, rule, level, missing):
    values, ages, steps = make_series(seed, missing=missing)
    values = np.where(np.isfinite(values), np.float32(level), np.nan)
    joined, age = join_series(values, ages, steps, read_join(**rule), 0.4)
    found = joined[np.isfinite(joined)]
    np.testing.assert_allclose(found, level, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(np.isnan(joined), np.isnan(age))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), rule=st.sampled_from(RULES))
def test_order_of_steps_and_neighbours_do_not_matter(seed, rule):
    values, ages, steps = make_series(seed)
    join = read_join(**rule)
    whole = join_series(values, ages, steps, join, 0.4)
    order = np.random.default_rng(seed).permutation(len(ages))
    again = join_series(values[order], ages[order], steps[order], join, 0.4)
    np.testing.assert_array_equal(again, whole)
    for row, col in ((0, 0), (3, 4)):
        alone = join_series(values[:, row : row + 1, col : col + 1], ages, steps, join, 0.4)
        np.testing.assert_array_equal(np.array(alone).ravel(), np.array(whole)[:, row, col])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["rule"])
def test_without_steps_there_is_nothing(rule):
    none = np.empty((0, 2, 3), np.float32), np.empty(0), np.empty(0)
    joined, age = join_series(*none, read_join(**rule))
    assert joined.shape == age.shape == (2, 3)
    assert np.isnan(joined).all()
    empty = np.full((9, 2, 3), np.nan, np.float32), np.arange(-4.0, 5.0), np.ones(9)
    assert np.isnan(join_series(*empty, read_join(**rule))).all()


HOUR = np.timedelta64(1, "h")
START = np.datetime64("2023-05-03T00:00:00.000000")


def accumulate(hourly):
    """What ERA5-Land stores: sums since 00 UTC, the whole day at the next 00 UTC."""
    times = START + (np.arange(len(hourly)) + 1) * HOUR
    sums = [sum(hourly[hour - hour % 24 : hour + 1]) for hour in range(len(hourly))]
    return np.array(sums)[:, None, None], times


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 0.02), min_size=30, max_size=60))
def test_accumulations_give_back_the_hourly_amounts(hourly):
    rates, middles, steps = compute_rates(*accumulate(hourly))
    np.testing.assert_allclose(rates[:, 0, 0], np.array(hourly) * 24, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(steps, 1 / 24)
    assert middles[0] == START + np.timedelta64(30, "m")


def test_accumulations_with_gaps_give_the_mean_of_the_longer_time():
    sums, times = accumulate([0.001] * 5 + [0.003] * 25)
    kept = [0, 1, 4, 23, 25]  # 01, 02, 05 UTC, 00 UTC of the next day, 02 UTC there
    rates, _, steps = compute_rates(sums[kept], times[kept])
    np.testing.assert_allclose(rates[:, 0, 0], np.array([1, 1, 1, 3, 3]) * 0.024, rtol=1e-5)
    np.testing.assert_allclose(steps * 24, [1, 1, 3, 19, 2])
    daily, _, steps = compute_rates(sums[23:24], times[23:24])  # the day's sum alone
    np.testing.assert_allclose(daily[0, 0, 0], 0.005 + 0.003 * 19, rtol=1e-5)
    assert steps[0] == 1


def test_packing_noise_is_no_negative_rain_and_hourly_amounts_are_refused():
    sums, times = accumulate([0.001, 0.0, 0.0])
    sums[2] -= 4e-6
    rates, _, _ = compute_rates(sums, times)
    assert rates[2, 0, 0] == 0
    with pytest.raises(SceneError, match="not accumulated from 00 UTC"):
        compute_rates(np.array([0.001, 0.0, 0.002])[:, None, None], times)


def test_missing_amounts_stay_missing():
    sums, times = accumulate([0.001, 0.002, 0.003])
    sums[1] = np.nan
    rates, _, _ = compute_rates(sums, times)
    assert np.isnan(rates[[1, 2], 0, 0]).all()
    np.testing.assert_allclose(rates[0, 0, 0], 0.024, rtol=1e-6)


def test_hourly_amounts_are_the_same_rates():
    hourly = np.random.default_rng(2).random(48) * 0.003
    sums, times = accumulate(list(hourly))
    for one, two in zip(
        compute_rates(sums, times), compute_hourly_rates(hourly[:, None, None], times), strict=True
    ):
        if one.dtype.kind == "M":
            np.testing.assert_array_equal(one, two)
        else:
            np.testing.assert_allclose(one, two, rtol=1e-5)


@pytest.mark.parametrize("compute", [compute_rates, compute_hourly_rates])
def test_no_sky_gives_millimetres_read_as_metres(compute):
    """305 mm fell within an hour in Holt; 0.4 mm an hour, as metres, would be more."""
    times = np.datetime64("2023-05-02T01", "us") + np.arange(3) * np.timedelta64(1, "h")
    amounts = np.array([0.0, 0.305, 0.305])[:, None, None]
    assert compute(amounts, times)[0].max() == pytest.approx(7.32)
    with_gap = np.concatenate([amounts, np.full_like(amounts, np.nan)], axis=2)
    with_gap[1:, 0, 0] = 0.4
    with pytest.raises(SceneError, match=r"9\.6 m of rain a day before 2023-05-02T02.* 0\.001"):
        compute(with_gap, times)
