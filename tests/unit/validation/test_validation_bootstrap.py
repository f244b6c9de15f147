"""Intervals cover as often as they say, and know about groups."""

import numpy as np
import pandas as pd
import pytest

from smmap.spec.errors import InsituError
from smmap.validation.bootstrap import Bootstrap, score_with_intervals
from smmap.validation.growth import compare_errors
from smmap.validation.scores import compute_scores
from smmap.validation.stratify import average_over_stations, score_all, score_by


def draw(rng, stations, each, station_bias, noise):
    """Predictions whose bias belongs to the station."""
    truth = rng.uniform(0.05, 0.45, (stations, each))
    bias = rng.normal(0, station_bias, (stations, 1))
    predicted = truth + bias + rng.normal(0, noise, truth.shape)
    names = np.repeat([f"s{number:03d}" for number in range(stations)], each)
    return predicted.ravel(), truth.ravel(), pd.Series(names, name="station")


def test_interval_of_the_bias_covers():
    rng = np.random.default_rng(5)
    hits = 0
    for seed in range(200):
        found = score_with_intervals(
            *draw(rng, 40, 20, 0.05, 0.03), Bootstrap(draws=400, seed=seed)
        )
        low, high = found.intervals["bias"]
        hits += low <= 0 <= high
    # 95 % of 200 is 190; the percentile interval of 40 groups covers a little less.
    assert 178 <= hits <= 199


def test_samples_of_one_station_are_not_independent():
    predicted, truth, stations = draw(np.random.default_rng(5), 40, 100, 0.05, 0.01)
    by_station = score_with_intervals(predicted, truth, stations).intervals["bias"]
    rows = pd.Series(np.arange(len(truth)), name="row")
    by_row = score_with_intervals(predicted, truth, rows).intervals["bias"]
    # Standard errors 0.05 / sqrt(40) and 0.051 / sqrt(4000).
    assert np.ptp(by_station) == pytest.approx(2 * 1.96 * 0.05 / np.sqrt(40), rel=0.35)
    assert np.ptp(by_row) == pytest.approx(2 * 1.96 * 0.051 / np.sqrt(4000), rel=0.15)


def test_equals_drawing_the_rows_themselves():
    """The same draws, done the long way: whole stations stacked and scored anew."""
    predicted, truth, stations = draw(np.random.default_rng(2), 7, 5, 0.05, 0.03)
    plan = Bootstrap(draws=50, seed=3)
    found = score_with_intervals(predicted, truth, stations, plan)
    rows = [np.flatnonzero(stations == name) for name in sorted(set(stations))]
    draws = np.random.default_rng(3).multinomial(7, np.full(7, 1 / 7), size=50)
    slow = []
    for counts in draws:
        chosen = np.concatenate(
            [np.tile(some, count) for some, count in zip(rows, counts, strict=True)]
        )
        slow.append(compute_scores(predicted[chosen], truth[chosen]))
    for name, (low, high) in found.intervals.items():
        values = [getattr(one, name) for one in slow]
        np.testing.assert_allclose((low, high), np.quantile(values, [0.025, 0.975]), atol=1e-9)


def test_order_of_rows_and_memory_do_not_matter(monkeypatch):
    predicted, truth, stations = draw(np.random.default_rng(2), 30, 5, 0.05, 0.03)
    one = score_with_intervals(predicted, truth, stations)
    order = np.random.default_rng(9).permutation(len(truth))
    shuffled = stations.iloc[order].reset_index(drop=True)
    other = score_with_intervals(predicted[order], truth[order], shuffled)
    for name, limits in one.intervals.items():
        np.testing.assert_allclose(other.intervals[name], limits, atol=1e-12)


def test_one_group_says_nothing():
    one = score_with_intervals([0.1, 0.2], [0.2, 0.4], pd.Series(["a", "a"], name="station"))
    assert np.isnan(list(one.intervals.values())).all()
    assert one.scores.rmse > 0


@pytest.fixture
def samples():
    predicted, truth, stations = draw(np.random.default_rng(4), 12, 20, 0.05, 0.03)
    first = stations.str[1:].astype(int) < 6
    return pd.DataFrame(
        {
            "predicted": predicted,
            "soil_moisture": truth,
            "station": stations,
            "network": np.where(first, "north", "south"),
            "orbit": np.tile([15, 88, None], 80),
        }
    )


def test_classes_are_scored_alone(samples):
    table = score_by(samples, "network").set_index("class")
    assert list(table.index) == ["north", "south"]
    part = samples[samples["network"] == "south"]
    scores = compute_scores(part["predicted"], part["soil_moisture"])
    assert table.loc["south", "rmse"] == scores.rmse
    assert table.loc["south", "stations"] == 6
    assert table.loc["south", "rmse_low"] < scores.rmse < table.loc["south", "rmse_high"]


def test_samples_without_a_class_are_shown(samples):
    orbit = samples["orbit"]
    for orbits in (orbit, orbit.astype(float), orbit.astype("category")):
        table = score_by(samples.assign(orbit=orbits), "orbit").set_index("class")
        assert list(table.index) == ["15", "88", "not known"]
        assert set(table["count"]) == {80}


def test_stations_of_one_name_in_two_networks_are_two(samples):
    samples["station"] = "only"
    assert len(score_by(samples, "station")) == 2


def test_mean_over_stations_weighs_stations(samples):
    small = samples.groupby("station").head(20).copy()
    few = small[(small["station"] != "s000") | (small.groupby("station").cumcount() < 12)]
    row = average_over_stations(few).iloc[0]
    by_hand = [
        compute_scores(part["predicted"], part["soil_moisture"]).ubrmse
        for name, part in few.groupby("station")
        if name != "s000"  # 12 samples are too few
    ]
    assert row["ubrmse"] == pytest.approx(np.mean(by_hand))
    assert (row["stations"], row["count"]) == (11, 220)
    assert row["ubrmse_low"] < row["ubrmse"] < row["ubrmse_high"]


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda table: table.drop(columns="predicted"), "no column predicted"),
        (lambda table: table.iloc[:0], "no samples"),
        (lambda table: table.assign(soil_moisture=np.nan), "have no 'soil_moisture'"),
        (lambda table: table.assign(soil_moisture=0.2), "0.2 in every sample"),
        (lambda table: table.assign(predicted=np.inf), "infinite"),
        (lambda table: table.assign(predicted=np.nan), "missing everywhere"),
    ],
)
def test_tables_that_cannot_be_scored(samples, spoil, message):
    for score in (score_all, average_over_stations, lambda table: score_by(table, "network")):
        with pytest.raises(InsituError, match=message):
            score(spoil(samples))


def test_a_class_that_is_not_there(samples):
    with pytest.raises(InsituError, match="no column climate; there are: predicted"):
        score_by(samples, "climate")


def test_growth_of_the_error_is_compared_station_by_station():
    rng = np.random.default_rng(3)
    station = np.repeat(np.arange(12), 20)
    truth = rng.uniform(0.1, 0.4, 240)
    hard = 0.02 + 0.01 * station  # what makes a station hard for both does not count
    first = truth + hard
    same = compare_errors(first, truth - hard, truth, pd.Series(station))
    assert (same.value, same.low, same.high) == pytest.approx((0, 0, 0), abs=1e-12)
    worse = compare_errors(first, truth + 1.5 * hard, truth, pd.Series(station))
    rmse = np.sqrt(np.mean(hard**2))
    assert worse.value == pytest.approx(0.5 * rmse)
    assert 0 < worse.low < worse.value < worse.high
    # A bootstrap written out: stations are drawn, both errors recomputed.
    drawn = []
    for _ in range(2000):
        chosen = rng.integers(0, 12, 12)
        squares = np.mean((0.02 + 0.01 * chosen) ** 2)
        drawn.append(0.5 * np.sqrt(squares))
    assert (worse.low, worse.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), rel=0.05)
    alone = compare_errors(first[:20], truth[:20], truth[:20], pd.Series(station[:20]))
    assert alone.value == pytest.approx(-0.02)
    assert np.isnan([alone.low, alone.high]).all()
