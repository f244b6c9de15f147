"""Rows: the ratio is what the two figures say, and the goal says whether it is enough."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smmap.bench.clock import time_in_turns
from smmap.bench.comparison import Comparison, compare_speeds
from smmap.bench.goal import Goal
from smmap.bench.run import choose_benchmarks, parse_threads, write_comparisons
from smmap.spec.errors import ConfigError
from smmap.trees.processors import count_processors

KEYS = ["name", "threads", "unit", "ours", "yardstick", "yardstick_name", "ratio", "goal", "met"]
figures = st.floats(1e-3, 1e6)


@given(ours=figures, yardstick=figures, bound=figures)
def test_ratio_and_goal_follow_from_the_figures(ours, yardstick, bound):
    for kind, met in (
        ("at least", ours / yardstick >= bound),
        ("at most", ours / yardstick <= bound),
    ):
        row = Comparison("x", 1, "s", ours, yardstick, "other", Goal(kind, bound)).to_plain()
        assert list(row) == KEYS
        assert row["ratio"] == ours / yardstick
        assert row["goal"] == bound
        assert row["met"] is met


def test_a_figure_without_goal_or_yardstick_is_neither_met_nor_missed():
    alone = Comparison("x", 1, "s", 2.0).to_plain()
    assert (alone["yardstick"], alone["ratio"], alone["goal"], alone["met"]) == (None,) * 4
    beside = Comparison("x", 1, "s", 2.0, 4.0, "other").to_plain()
    assert (beside["ratio"], beside["goal"], beside["met"]) == (0.5, None, None)


def test_speeds_are_pixels_over_seconds():
    row = compare_speeds("x", 2, 12.0, {"other": 6.0, "ours": 1.5})
    assert (row.ours, row.yardstick, row.yardstick_name, row.ratio) == (8.0, 2.0, "other", 4.0)


def test_json_is_a_list_of_rows(tmp_path):
    path = tmp_path / "bench.json"
    write_comparisons(path, [Comparison("x", 1, "s", 2.0), Comparison("y", 2, "MB", 1.0, 3.0, "z")])
    assert [row["name"] for row in json.loads(path.read_text())] == ["x", "y"]


def test_sides_run_in_turns_and_the_order_turns_round():
    ran = []
    seconds = time_in_turns({name: lambda name=name: ran.append(name) for name in "ab"}, 3)
    assert "".join(ran) == "abbaab"
    assert all(value >= 0 for value in seconds.values())


@pytest.mark.parametrize("text", ["", "0", "1,x", "1,-2", "1,,2"])
def test_threads_that_are_none_are_refused(text):
    with pytest.raises(ConfigError, match="--threads"):
        parse_threads(text)


def test_unknown_benchmarks_are_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="trees, networks, read, write, tile, scale, all"):
        choose_benchmarks("tree")
    assert choose_benchmarks("all")[0] == "trees"


def test_more_threads_than_processors_are_refused_and_fewer_offered():
    there = count_processors()
    assert parse_threads(None) == (1, 2)[:there]
    assert parse_threads(f"1,{there}") == (1, there)
    with pytest.raises(ConfigError, match=f"write --threads {there}$"):
        parse_threads(f"{there},{there + 1}")


def test_the_machine_is_told_by_what_this_process_may_use_of_it():
    script = (
        "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); "
        "from smmap.bench.machine import describe_machine; print(*describe_machine())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert ", 1 processors" in done.stdout, done.stderr
