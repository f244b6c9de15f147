"""Threads follow what a container may use, as Linux writes it (control groups 1 and 2)."""

from __future__ import annotations

import os

import pytest

from smmap.trees.processors import count_processors

THERE = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    "content, expected",
    [
        ("max 100000\n", THERE),
        ("100000 100000\n", 1),
        ("30000 100000\n", 1),
        ("6400000 100000\n", min(64, THERE)),
        ("nonsense\n", THERE),
        ("5 0\n", THERE),
    ],
)
def test_version_2(content, expected, tmp_path):
    (tmp_path / "cpu.max").write_text(content)
    assert count_processors(tmp_path) == expected


@pytest.mark.parametrize("quota, expected", [("-1", THERE), ("100000", 1), ("50000", 1)])
def test_version_1(quota, expected, tmp_path):
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert count_processors(tmp_path) == expected


def test_where_nothing_says_so(tmp_path):
    assert count_processors(tmp_path) == THERE
