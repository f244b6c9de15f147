"""A long period in spans, and an output brought up to date."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from small_world import SmallWorld

import smmap
from smmap.archive.status import describe_output
from smmap.pipeline.backfill import Budget, backfill, cut_period
from smmap.pipeline.recipe import load_recipe
from smmap.spec.errors import ConfigError

PERIOD = "2023-06-01/2023-06-30"


@pytest.fixture
def catalog(tmp_path):
    world = SmallWorld(tmp_path / "scenes")
    for days in (0, 12, 24):
        world.add_radar(f"S1A_{days}", days=days)
        world.add_optical(f"S2_{days}", days=days + 0.5)
    return world.write()


def load(catalog, *changes):
    return load_recipe("local-stac", [f"catalog={catalog}", *changes], period=PERIOD)


def count(out):
    return sum(row["done"] for row in describe_output(out)["tiles"])


def test_spans_are_counted_from_the_beginning_whatever_their_order(catalog):
    recipe = load(catalog)
    spans = cut_period(recipe, timedelta(days=12), newest_first=False)
    assert [(one.end - one.start).days for one in spans] == [12, 12, 6]
    assert spans[0].start.day == 1
    assert cut_period(recipe, timedelta(days=12), newest_first=True) == spans[::-1]
    with pytest.raises(ConfigError, match="--period"):
        cut_period(recipe.model_copy(update={"period": None}), timedelta(1), newest_first=True)


def test_a_backfill_within_a_budget_goes_on_where_it_stopped(catalog, tmp_path, digest_pixels):
    out, whole = tmp_path / "out", tmp_path / "whole"
    options = {"span": timedelta(days=12), "budget": Budget(tasks=1)}
    (first,) = backfill(load(catalog), out, **options)
    assert first.span.start.day == 25
    assert count(out) == 1
    assert [one.result.count("done") for one in backfill(load(catalog), out, **options)][-1] == 1
    assert count(out) == 2
    rest = list(backfill(load(catalog), out, span=timedelta(days=12)))
    assert [one.is_finished for one in rest] == [True] * 3
    assert count(out) == 3
    again = list(backfill(load(catalog), out, span=timedelta(days=12)))
    assert [one.result.receipts for one in again] == [()] * 3
    smmap.run("local-stac", whole, changes=[f"catalog={catalog}"], period=PERIOD)
    tiles = [
        {name: value for name, value in digest_pixels(one).items() if name.endswith(".tif")}
        for one in (out, whole)
    ]
    assert tiles[0] == tiles[1]


def test_oldest_first_and_spans_without_a_scene(catalog, tmp_path):
    spans = list(backfill(load(catalog), tmp_path, span=timedelta(days=4), newest_first=False))
    assert [one.span.start.day for one in spans] == [1, 5, 9, 13, 17, 21, 25, 29]
    assert [one.result is not None and one.result.count("done") for one in spans] == [
        1, False, False, 1, False, False, 1, False,
    ]  # fmt: skip


def test_out_of_time_stops_at_a_task_and_says_so(catalog, tmp_path):
    recipe = load(catalog, "batch=1")
    (one,) = backfill(recipe, tmp_path, span=timedelta(days=90), budget=Budget(seconds=0.2))
    assert not one.is_finished
    assert count(tmp_path) < 3
    assert [rest.is_finished for rest in backfill(recipe, tmp_path)] == [True]
    assert count(tmp_path) == 3


def test_no_time_at_all_does_nothing(catalog, tmp_path):
    assert list(backfill(load(catalog), tmp_path / "out", budget=Budget(seconds=0.0))) == []
    assert not (tmp_path / "out").exists()


def test_the_verbs(catalog, tmp_path, capsys):
    from smmap.cli.app import app

    def smmap_json(*arguments):
        app([*map(str, arguments), "--json"], standalone_mode=False)
        return json.loads(capsys.readouterr().out)

    common = ["local-stac", "--set", f"catalog={catalog}", "--period", PERIOD]
    out = ["--out", tmp_path / "out"]
    rows = smmap_json("backfill", *common, *out, "--span", "12d", "--max-tasks", 1)
    assert [row["done"] for row in rows] == [1]
    planned = smmap_json("plan", *common, *out, "--price-core-hour", 2, "--rate", 1000)
    assert planned["units"]["new"] == 2
    assert planned["units"]["done"] == 1
    assert {one["state"] for one in planned["each_unit"]} == {"new", "done"}
    assert planned["totals"]["cost"] == round(2 * planned["totals"]["core_hours"], 2)
    told = smmap_json("update", *common, *out)
    assert told["before"]["new"] == 2
    assert told["done"] == 2
    told = smmap_json("update", *common, *out, "--set", "slope_flag_deg=12")
    assert told["before"]["why"] == {"changed": {"recipe": 3}}
    assert told["done"] == 3


def test_a_length_of_time_that_is_none(catalog, tmp_path):
    from smmap.cli.backfill import parse_duration

    assert parse_duration("1.5h") == timedelta(minutes=90)
    for text in ("", "5", "0d", "d", "1 week", "-2h"):
        with pytest.raises(ConfigError, match="30d"):
            parse_duration(text)
