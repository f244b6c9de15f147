"""Orbits: a difference that is there is found, one that is not is not, gaps are counted by hand."""

import numpy as np
import pandas as pd
import pytest

from smmap.spec.errors import InsituError
from smmap.validation.bootstrap import Bootstrap
from smmap.validation.orbits import compare_orbits
from smmap.validation.revisit import compute_revisit


def observe(offsets, noise, seed, stations=20, visits=30):
    """Stations with offsets of their own, which one orbit sees more often the wetter they are."""
    rng = np.random.default_rng(seed)
    station = np.repeat(np.arange(stations), visits)
    own = np.linspace(-0.05, 0.05, stations)[station]
    often = 0.2 + 0.6 * (station / stations)
    names = list(offsets)
    orbit = np.where(rng.random(len(station)) < often, names[0], rng.choice(names, len(station)))
    error = own + np.vectorize(offsets.get)(orbit) + rng.normal(0, noise, len(station))
    truth = rng.uniform(0.1, 0.4, len(station))
    return pd.DataFrame(
        {
            "network": "n",
            "station": station,
            "relative_orbit": orbit,
            "soil_moisture": truth,
            "predicted": truth + error,
            "time": pd.Timestamp("2020-01-01", tz="UTC")
            + pd.to_timedelta(np.arange(len(station)) % visits, "D"),
        }
    )


def test_difference_is_of_the_orbit_not_of_its_stations():
    samples = observe({88.0: 0.03, 15.0: 0.0}, noise=0, seed=1)
    found = compare_orbits(samples)
    assert list(found.table["orbit"]) == ["15", "88"]
    for name in ("difference", "difference_low", "difference_high"):
        assert found.table[name].to_numpy() == pytest.approx([-0.03, 0.03])
    assert found.differing == ["15", "88"]
    assert found.level == 0.95  # one comparison, and its mirror
    assert found.describe().startswith("orbits differ (15, 88): largest difference of bias")
    # The plain difference of biases is of other stations too.
    error = samples["predicted"] - samples["soil_moisture"]
    plain = error.groupby(samples["relative_orbit"]).mean()
    assert abs(plain[88.0] - plain[15.0] - 0.03) > 0.005


def test_orbits_that_agree_are_rarely_said_to_differ():
    said = 0
    for seed in range(60):
        samples = observe({"a": 0.0, "b": 0.0, "c": 0.0}, noise=0.05, seed=seed)
        found = compare_orbits(samples, Bootstrap(draws=300))
        said += bool(found.differing)
        assert found.level == pytest.approx(1 - 0.05 / 3)
    # 5 % are asked for; of percentiles over 20 stations somewhat more are expected.
    assert said <= 9


def test_too_few_stations_tell_nothing():
    samples = observe({"a": 0.03, "b": 0.0}, noise=0.01, seed=2, stations=5)
    found = compare_orbits(samples)
    assert found.differing == []
    assert "cannot be told: none shares 6 stations" in found.describe()
    assert found.table["difference"].iloc[0] == pytest.approx(0.03, abs=0.01)
    alone = compare_orbits(samples[samples["relative_orbit"] == "a"])
    assert alone.table["stations"].tolist() == [0]
    assert "cannot be told" in alone.describe()


def test_revisit_by_hand():
    """Orbit 1 on days 0, 12, 24, 48 and orbit 2 on days 6, 18, 30; another station has one."""
    days = {1: (0, 12, 24, 48, 48), 2: (6, 18, 30, 36)}
    rows = [("a", orbit, day) for orbit, all_days in days.items() for day in all_days]
    rows += [("b", 1, 0), ("b", 1, 12), ("b", 2, 3)]
    samples = pd.DataFrame(rows, columns=["station", "relative_orbit", "day"]).assign(
        network="n", predicted=0.2
    )
    samples["time"] = pd.to_datetime("2024-01-01T05:30Z") + pd.to_timedelta(samples["day"], "D")
    samples.loc[samples["day"] == 36, "predicted"] = np.nan
    found = compute_revisit(samples)
    assert found.stations == 1
    assert (found.single_median, found.single_longest) == (12, 24)
    assert (found.merged_median, found.merged_longest) == (6, 18)
    assert "a value every 6.0 days instead of 12.0" in found.describe()
    none = compute_revisit(samples[samples["relative_orbit"] == 1])
    assert none.stations == 0
    assert "no station is seen twice by two of them" in none.describe()
    with pytest.raises(InsituError, match="no column time"):
        compute_revisit(samples.drop(columns="time"))


def test_values_of_two_orbits_at_one_time_count_once():
    days = [(1, 0), (1, 12), (1, 24), (1, 48), (2, 0), (2, 12), (2, 18)]
    samples = pd.DataFrame(days, columns=["relative_orbit", "day"]).assign(
        network="n", station="a", predicted=0.2
    )
    samples["time"] = pd.to_datetime("2024-01-01T00:00Z") + pd.to_timedelta(samples["day"], "D")
    # Gaps of the merged days 0, 12, 18, 24, 48 are 12, 6, 6, 24.
    assert compute_revisit(samples).merged_median == 9


def test_stations_weigh_by_how_well_they_tell():
    """Errors of orbit and others: 0.05 and three of 0.01; at the other station all 0.02."""
    errors = [0.05, 0.01, 0.01, 0.01, 0.02, 0.02, 0.02, 0.02]
    samples = pd.DataFrame(
        {
            "network": "n",
            "station": ["a"] * 4 + ["b"] * 4,
            "relative_orbit": ["x", "y", "y", "y", "x", "x", "y", "y"],
            "soil_moisture": np.linspace(0.1, 0.3, 8),
        }
    )
    samples["predicted"] = samples["soil_moisture"] + errors
    found = compare_orbits(samples).table.set_index("orbit")["difference"]
    # Weights 1 x 3 / 4 and 2 x 2 / 4.
    assert found["x"] == pytest.approx(0.75 * 0.04 / 1.75)
