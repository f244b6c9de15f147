"""Scenarios of Zhu et al. 2025 by name: which training sets, what a table is too small for."""

import numpy as np
import pandas as pd
import pytest

from smmap.spec.errors import InsituError
from smmap.spec.training_scenarios import Scenarios
from smmap.validation.curves import score_repeats, summarise_curves
from smmap.validation.scenarios import list_trials


@pytest.fixture(scope="module")
def samples():
    """Twelve cells, 20 samples in 2021 and 10 before in each; two networks."""
    cell = np.repeat(np.arange(12), 30)
    year = np.tile([2020] * 10 + [2021] * 20, 12)
    return pd.DataFrame(
        {
            "network": np.where(cell < 6, "local", "campaign"),
            "station": cell,
            "latitude": 45 + cell / 10,
            "longitude": 10.0,
            "time": pd.to_datetime([f"{one}-06-01" for one in year], utc=True),
            "soil_moisture": np.linspace(0.1, 0.4, 360),
        }
    )


def test_sizes_are_what_is_trained_on(samples):
    plan = Scenarios(repeats=2, cells=(2, 5), samples=(1, 7), percents=(5, 10))
    by_name = {
        name: list(list_trials(samples, f"zhu-{name}", plan, seed=3))
        for name in ("dependent", "temporal", "spatial")
    }
    for trials in by_name.values():
        assert [trial.repeat for trial in trials] == [1, 1, 2, 2]
        for small, large in (trials[:2], trials[2:]):
            assert set(small.split.train) < set(large.split.train)
        for trial in trials:
            assert not set(trial.split.train) & set(trial.split.test)
    assert [(t.size, len(t.split.train)) for t in by_name["dependent"][:2]] == [(5, 18), (10, 36)]
    for trial in by_name["temporal"]:
        trained = samples.iloc[trial.split.train]
        assert set(trained["time"].dt.year) == {2021}
        assert trained.groupby("station").size().eq(trial.size).all()
        assert set(samples.iloc[trial.split.test]["time"].dt.year) == {2020}
    for trial in by_name["spatial"]:
        stations = [
            set(samples["station"].iloc[rows]) for rows in (trial.split.train, trial.split.test)
        ]
        assert len(stations[0]) == trial.size
        assert stations[0] | stations[1] == set(range(12))


def test_sizes_beyond_the_table_are_left_out_and_said(samples, caplog):
    found = {trial.size for trial in list_trials(samples, "zhu-spatial", Scenarios(repeats=1))}
    assert found == {1, 9}  # of 1, 9, 17 .. 57
    assert "too small for the sizes 17, 25" in caplog.text
    found = {trial.size for trial in list_trials(samples, "zhu-temporal", Scenarios(repeats=1))}
    assert found == set(range(1, 20, 2))  # a cell has 20 in 2021
    few = Scenarios(repeats=1).cut(None, 3)
    found = [trial.size for trial in list_trials(samples, "zhu-dependent", few)]
    assert (len(found), found[0], found[-1]) == (3, 0.5, 5)


def test_regions_are_named(samples):
    plan = Scenarios.parse(
        {"regions": [{"train_on": "local", "test_on": ["campaign"]}]}, "scenarios"
    )
    (trial,) = list_trials(samples, "zhu-regional", plan)
    assert (trial.size, len(trial.split.test)) == (180, 180)
    with pytest.raises(InsituError, match=r"scenarios\.regions"):
        list(list_trials(samples, "zhu-regional", Scenarios()))


def test_what_cannot_be(samples):
    with pytest.raises(InsituError, match="no cell has more than 1 samples in 1999"):
        list(list_trials(samples, "zhu-temporal", Scenarios(training_year=1999)))
    with pytest.raises(InsituError, match="no column latitude"):
        list(list_trials(samples.drop(columns="latitude"), "zhu-spatial", Scenarios()))
    with pytest.raises(InsituError, match="1 cells are too few"):
        list(list_trials(samples.iloc[:30], "zhu-spatial", Scenarios()))


def test_curves_are_medians_with_their_spread():
    rng = np.random.default_rng(0)
    rows = []
    for repeat in range(1, 12):
        truth = rng.uniform(0.1, 0.4, 50)
        rows.append(
            pd.DataFrame(
                {
                    "scheme": "zhu-spatial",
                    "training_size": 9,
                    "training_repeat": repeat,
                    "soil_moisture": truth,
                    "predicted": truth + 0.01 * repeat,
                }
            )
        )
    curves = score_repeats(pd.concat(rows))
    (row,) = summarise_curves(curves).to_dict("records")
    assert (row["repeats"], row["rmse"]) == (11, pytest.approx(0.06))
    # Of 0.01 .. 0.11 in equal steps, 5 % lie at the middle of the first step.
    assert (row["bias_low"], row["bias_high"]) == (pytest.approx(0.015), pytest.approx(0.105))
    assert row["r"] == pytest.approx(1)
    with pytest.raises(InsituError, match="no column training_repeat"):
        score_repeats(rows[0].drop(columns="training_repeat"))
