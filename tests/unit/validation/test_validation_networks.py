"""Cells with stations of several networks: they tell of each, and are never on the other side."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smmap.spec.errors import InsituError
from smmap.validation.folds import leave_each_out, split_into_folds
from smmap.validation.schemes import make_splits

ROWS = ["ALDER", "ALDER+BIRCH", "BIRCH", "CEDAR", "ALDER", "CEDAR", "BIRCH+CEDAR"]


def make_samples(networks):
    stations = [f"s{number}" for number in range(len(networks))]
    return pd.DataFrame({"network": networks, "station": stations})


def read(splits):
    return {one.part: (one.train.tolist(), one.test.tolist()) for one in splits}


def test_networks_left_out_by_hand():
    """Row 1 is ALDER's and BIRCH's, row 6 BIRCH's and CEDAR's: each is judged with none."""
    assert read(make_splits(make_samples(ROWS), "leave-out network")) == {
        "without ALDER": ([2, 3, 5, 6], [0, 4]),
        "without BIRCH": ([0, 3, 4, 5], [2]),
        "without CEDAR": ([0, 1, 2, 4], [3, 5]),
    }


def test_a_network_of_shared_cells_alone_is_not_judged():
    rows = ["ALDER", "ALDER+BIRCH", "CEDAR"]
    assert read(make_splits(make_samples(rows), "leave-out network")) == {
        "without ALDER": ([2], [0]),
        "without CEDAR": ([0, 1], [2]),
    }


def test_folds_judge_a_shared_cell_where_they_hold_all_of_its_networks():
    """Of four networks in two folds, those of one fold are judged with what they share."""
    names = ["A", "B", "C", "D"]
    pairs = ["+".join(pair) for pair in itertools.combinations(names, 2)]
    samples = make_samples(names + pairs)
    splits = make_splits(samples, "network", folds=2)
    for one in splits:
        judged = {samples["network"][row] for row in one.test}
        own = {name for name in judged if "+" not in name}
        assert len(own) == 2
        assert judged == own | {"+".join(sorted(own))}
        trained = {samples["network"][row] for row in one.train}
        others = set(names) - own
        assert trained == others | {"+".join(sorted(others))}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sets(st.sampled_from("ABCDEF"), min_size=1, max_size=3), max_size=30).map(
        lambda rows: rows + [{one} for one in "ABCDEF"]
    ),
    st.sampled_from(["network", "leave-out network"]),
)
def test_no_network_is_on_both_sides(rows, scheme):
    samples = make_samples(["+".join(sorted(one)) for one in rows])
    splits = make_splits(samples, scheme, folds=3)
    tested = np.concatenate([one.test for one in splits])
    assert len(set(tested)) == len(tested)
    single = {number for number, one in enumerate(rows) if len(one) == 1}
    assert single <= set(tested)
    for one in splits:
        trained = set().union(*(rows[row] for row in one.train))
        judged = set().union(*(rows[row] for row in one.test))
        assert not trained & judged


@pytest.mark.parametrize("seed", [0, 3])
def test_without_shared_cells_nothing_changes(seed):
    networks = pd.Series(np.random.default_rng(seed).choice(list("PQRST"), 80), name="network")
    samples = make_samples(networks)
    folds = split_into_folds(networks, 3, scheme="network", seed=seed)
    assert read(make_splits(samples, "network", folds=3, seed=seed)) == read(folds)
    each = leave_each_out(networks, scheme="leave-out network")
    assert read(make_splits(samples, "leave-out network")) == read(each)


@pytest.mark.parametrize(
    "rows, words",
    [
        (["A", "A+B", "A+C"], "without A: nothing is left to train on"),
        (["A+B", "B+C", "A+C"], "all cells hold stations of several networks"),
        (["A", "A"], "one group only, 'A'"),
        (["A", None], "1 of 2 samples have no 'network'"),
    ],
)
def test_what_cannot_be_split(rows, words):
    with pytest.raises(InsituError, match=words):
        make_splits(make_samples(rows), "leave-out network")


def test_other_columns_are_taken_as_they_are():
    samples = make_samples(["A"] * 4).assign(cover=["x", "x+y", "y", "x"])
    assert len(make_splits(samples, "leave-out cover")) == 3
