"""No leak: whatever the groups, none is on two sides; and the scenarios are as published."""

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smmap.spec.errors import InsituError
from smmap.validation.cell import name_cells
from smmap.validation.flattery import Flattery
from smmap.validation.folds import hold_out, leave_each_out, split_into_folds
from smmap.validation.nested import nest_folds, predict_unseen
from smmap.validation.schemes import make_splits
from smmap.validation.scores import compute_scores
from smmap.validation.zhu import (
    split_dependent,
    split_regional,
    split_spatial,
    split_temporal,
)

names = st.lists(st.sampled_from("abcdefgh"), min_size=8, max_size=60).filter(
    lambda some: len(set(some)) >= 4
)


def groups_of(values):
    return pd.Series(values, name="station")


@settings(max_examples=60, deadline=None)
@given(names, st.integers(2, 4), st.integers(0, 5))
def test_folds_keep_groups_whole(values, folds, seed):
    groups = groups_of(values)
    splits = split_into_folds(groups, folds, scheme="station", seed=seed)
    tested = np.concatenate([one.test for one in splits])
    assert sorted(tested) == list(range(len(values)))  # each row is tested once
    for one in splits:
        assert not set(groups[one.train]) & set(groups[one.test])
        assert len(one.train) + len(one.test) == len(values)
    sizes = [groups[one.test].nunique() for one in splits]
    assert max(sizes) - min(sizes) <= 1


@settings(max_examples=30, deadline=None)
@given(names, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(values, random):
    def fold_of_group(some):
        groups = groups_of(some)
        splits = split_into_folds(groups, 3, scheme="station", seed=1)
        return {name: k for k, one in enumerate(splits) for name in groups[one.test]}

    shuffled = list(values)
    random.shuffle(shuffled)
    assert fold_of_group(shuffled) == fold_of_group(values)


def test_seeds_differ_and_repeat():
    groups = groups_of(list("abcdefgh"))
    first = [one.test.tolist() for one in split_into_folds(groups, 2, scheme="s", seed=0)]
    again = [one.test.tolist() for one in split_into_folds(groups, 2, scheme="s", seed=0)]
    others = [
        [one.test.tolist() for one in split_into_folds(groups, 2, scheme="s", seed=seed)]
        for seed in range(1, 6)
    ]
    assert first == again
    assert any(other != first for other in others)


@settings(max_examples=40, deadline=None)
@given(names, st.integers(0, 5))
def test_hold_out_has_three_parts(values, seed):
    groups = groups_of(values)
    one = hold_out(groups, (0.5, 0.25, 0.25), scheme="station", seed=seed)
    parts = [set(groups[rows]) for rows in (one.train, one.validation, one.test)]
    assert sum(len(part) for part in parts) == groups.nunique()
    assert set().union(*parts) == set(values)
    assert all(parts)


def test_batchu_shares():
    groups = groups_of([f"s{number}" for number in range(10)])
    one = hold_out(groups, scheme="sensor-60-20-20")
    assert [len(part) for part in (one.train, one.validation, one.test)] == [6, 2, 2]


def test_each_year_by_the_others():
    splits = list(leave_each_out(pd.Series([2019, 2020, 2019, 2021], name="year"), scheme="year"))
    assert [one.part for one in splits] == ["without 2019", "without 2020", "without 2021"]
    assert splits[0].test.tolist() == [0, 2]
    assert splits[0].train.tolist() == [1, 3]


@pytest.mark.parametrize(
    "split, message",
    [
        (lambda g: split_into_folds(g, 5, scheme="station"), "2 groups are too few for 5 folds"),
        (lambda g: split_into_folds(g, 1, scheme="station"), "at least 2"),
        (lambda g: split_into_folds(g[:0], 2, scheme="station"), "no samples"),
        (lambda g: hold_out(g, scheme="station"), "too few for shares"),
        (lambda g: hold_out(g, (0.6, 0.2, 0.1), scheme="station"), "sum to 1"),
        (lambda g: list(leave_each_out(g[:2], scheme="year")), "one group only"),
        (
            lambda g: split_into_folds(pd.Series(["a", None], name="station"), 2, scheme="station"),
            "1 of 2 samples have no 'station'",
        ),
    ],
)
def test_refused(split, message):
    with pytest.raises(InsituError, match=message):
        split(groups_of(["a", "a", "b"]))


@pytest.fixture
def samples():
    rng = np.random.default_rng(0)
    station = np.repeat(np.arange(12), 10)
    return pd.DataFrame(
        {
            "station": station.astype(str),
            "network": np.array(list("xyz"))[station % 3],
            "latitude": 48 + station * 0.1,
            "longitude": 16.0,
            "time": pd.date_range("2019-01-01", periods=120, freq="10D", tz="UTC"),
            "soil_moisture": rng.uniform(0.1, 0.4, 120),
            "area": np.array(list("pq"))[station % 2],
        }
    )


@pytest.mark.parametrize(
    "scheme, count, key",
    [
        ("station", 4, "station"),
        ("cell", 4, "latitude"),
        ("network", 3, "network"),
        ("year", 4, None),
        ("leave-out area", 2, "area"),
        ("sensor-60-20-20", 1, "station"),
    ],
)
def test_schemes_by_name(samples, scheme, count, key):
    folds = 4 if scheme in {"station", "cell"} else 3
    splits = make_splits(samples, scheme, folds=folds)
    assert len(splits) == count
    values = samples[key] if key else samples["time"].dt.year
    for one in splits:
        assert not set(values[one.train]) & set(values[one.test])


def test_grouped_is_the_default_and_silent(samples, caplog):
    assert {one.scheme for one in make_splits(samples)} == {"station"}
    assert not caplog.records


def test_random_warns_with_what_was_measured(samples, caplog):
    with caplog.at_level(logging.WARNING):
        splits = make_splits(samples, "random")
    assert "not been measured" in caplog.text
    assert set(samples["station"][splits[0].train]) & set(samples["station"][splits[0].test])
    caplog.clear()
    truth = np.array([0.1, 0.2, 0.3])
    found = Flattery(
        compute_scores(truth + np.array([0.01, -0.01, 0.01]), truth),
        compute_scores(truth + 0.05, truth),
        "station",
    )
    with caplog.at_level(logging.WARNING):
        make_splits(samples, "random", measured=found)
    assert "RMSE 0.010" in caplog.text
    assert "+0.040 m3/m3" in caplog.text


def test_unknown_schemes_and_missing_columns(samples):
    with pytest.raises(InsituError, match="no split 'region'"):
        make_splits(samples, "region")
    with pytest.raises(InsituError, match="no column latitude"):
        make_splits(samples.drop(columns="latitude"), "cell")
    with pytest.raises(InsituError, match="no column time"):
        make_splits(samples.drop(columns="time"), "year")
    with pytest.raises(InsituError, match="no latitude or longitude"):
        make_splits(samples.assign(latitude=np.nan), "cell")
    with pytest.raises(InsituError, match="no column network"):
        make_splits(samples.drop(columns="network"))


def test_cells_are_those_of_ease_grid_2():
    # Corners of the 1 km cells beside 0 E, 0 N; EPSG:6933 x = 96486.2815 m a degree of longitude.
    step = 1000.8950233495561 / 96486.2815
    longitude = pd.Series([0.5 * step, 1.5 * step, -0.5 * step, 0.999 * step])
    cells = name_cells(pd.Series([0.001] * 4), longitude)
    assert list(cells) == ["0_0", "1_0", "-1_0", "0_0"]
    # Neighbours 20 m apart share a cell of 36 km, far ones do not.
    near = name_cells(pd.Series([48.2, 48.2002, 49.2]), pd.Series([16.4, 16.4, 16.4]), 36)
    assert near[0] == near[1] != near[2]


def test_nested_folds_never_see_the_outer_test(samples):
    outer = make_splits(samples, "station", folds=3)
    for one in nest_folds(outer, samples["station"], 4):
        for inner in one.inner:
            rows = np.concatenate([inner.train, inner.test])
            assert sorted(rows) == one.outer.train.tolist()
            stations = samples["station"]
            assert not set(stations[inner.train]) & set(stations[inner.test])


def test_predictions_come_from_fits_that_did_not_see_the_row(samples):
    """A memory of its training rows, and no more, knows none of them."""
    nested = nest_folds(make_splits(samples, "station", folds=3), samples["station"], 4)[0]
    truth = samples["soil_moisture"].to_numpy()

    def remember(train, test):
        seen = set(train)
        return np.array([truth[row] if row in seen else -1.0 for row in test])

    rows, predicted = predict_unseen(nested.inner, remember)
    assert rows.tolist() == nested.outer.train.tolist()
    assert (predicted == -1).all()

    rows, predicted = predict_unseen(nested.inner, lambda train, test: test.astype(float))
    assert (predicted == rows).all()  # each prediction stands with its row
    with pytest.raises(InsituError, match="predictions for"):
        predict_unseen(nested.inner, lambda train, test: np.zeros(1))
    with pytest.raises(InsituError, match="twice"):
        predict_unseen([*nested.inner, nested.inner[0]], remember)


def test_zhu_dependent():
    splits = list(split_dependent(2000, repeats=3))
    assert len(splits) == 30
    assert [len(one.train) for one in splits[:10]] == [10 * step for step in range(1, 11)]
    for one in splits:
        assert len(one.train) + len(one.test) == 2000
        assert not set(one.train) & set(one.test)
    assert set(splits[0].train) < set(splits[9].train)  # the sets grow
    assert set(splits[0].train) != set(splits[10].train)  # repeats differ
    with pytest.raises(InsituError, match="too few"):
        list(split_dependent(50))


def test_zhu_temporal():
    cells = np.repeat(["a", "b", "c", "d"], 40)
    years = np.tile(np.repeat([2016, 2020, 2021], [5, 5, 30]), 4)
    years[cells == "c"] = 2021  # nothing before
    years[(cells == "d") & (np.arange(160) % 40 >= 31)] = 2020  # 21 samples: not more than 21
    splits = list(split_temporal(pd.Series(cells), pd.Series(years), repeats=2))
    assert len(splits) == 22
    for one, size in zip(splits, [*range(1, 22, 2)] * 2, strict=True):
        assert (years[one.train] == 2021).all()
        assert (years[one.test] < 2021).all()
        assert pd.Series(cells[one.train]).value_counts().to_dict() == {"a": size, "b": size}
        assert set(cells[one.test]) == {"a", "b"}
    assert set(splits[0].train) < set(splits[10].train)
    assert set(splits[10].train) != set(splits[21].train)
    with pytest.raises(InsituError, match="no cell has more than 21"):
        list(split_temporal(pd.Series(cells[:20]), pd.Series(years[:20])))


def test_zhu_spatial():
    cells = pd.Series(np.repeat([f"c{number}" for number in range(70)], 3))
    splits = list(split_spatial(cells, repeats=2))
    assert [cells[one.train].nunique() for one in splits[:8]] == [1, 9, 17, 25, 33, 41, 49, 57]
    for one in splits:
        assert not set(cells[one.train]) & set(cells[one.test])
        assert len(one.train) + len(one.test) == len(cells)
    assert set(splits[0].train) < set(splits[7].train)
    with pytest.raises(InsituError, match="too few to train on 57"):
        list(split_spatial(cells[:171]))


def test_zhu_regional():
    networks = pd.Series(["OzNet", "SMAPEx-4", "OzNet", "other", "SMAPEx-5"])
    one = split_regional(networks, "OzNet", ["SMAPEx-4", "SMAPEx-5"])
    assert (one.train.tolist(), one.test.tolist()) == ([0, 2], [1, 4])
    with pytest.raises(InsituError, match="those of: OzNet, SMAPEx-4"):
        split_regional(networks, "Yanco", ["SMAPEx-4"])
    with pytest.raises(InsituError, match="trained on and tested"):
        split_regional(networks, "OzNet", ["OzNet"])
