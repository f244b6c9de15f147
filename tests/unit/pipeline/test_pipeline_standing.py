"""New, changed and why, done, impossible: against a real output."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_world import SmallWorld

import smmap
from smmap.pipeline.plan import plan_run
from smmap.pipeline.recipe import load_recipe
from smmap.pipeline.standing import judge_plan, summarise_standings

STAMP = {"updated": "2023-07-01T00:00:00Z"}


@pytest.fixture
def world(tmp_path):
    world = SmallWorld(tmp_path / "scenes")
    world.add_radar("S1A_A", **STAMP)
    world.add_radar("S1A_B", days=12.0, **STAMP)
    world.add_optical("S2A_A", days=0.5, **STAMP)
    return world


def plan(world, *changes):
    window = "optical.window_days=3"
    recipe = load_recipe("local-stac", [f"catalog={world.write()}", window, *changes])
    return plan_run(recipe)


def judge(world, out, *changes):
    return [(one.state, one.reasons) for one in judge_plan(plan(world, *changes), out)]


def run(world, out, *changes):
    window = "optical.window_days=3"
    smmap.run("local-stac", out, changes=[f"catalog={world.write()}", window, *changes])


def test_without_an_output_all_is_new_or_impossible(world):
    assert judge(world, None) == [
        ("new", ()),
        ("impossible", ("no optical scene within 3 days",)),
    ]
    summary = summarise_standings(judge_plan(plan(world), None))
    assert (summary["new"], summary["changed"], summary["done"], summary["impossible"]) == (
        1,
        0,
        0,
        1,
    )


def test_hh_and_missing_assets_are_impossible(tmp_path):
    world = SmallWorld(tmp_path)
    world.add_radar("S1A_HH", **{"sar:polarizations": ["HH", "HV"]})
    one = world.add_radar("S1A_BARE", days=12.0)
    world.add_optical("S2A_A", days=0.5)
    bare = world.add_optical("S2A_B", days=12.5)
    del one["assets"]["vv"]
    reasons = [why for state, (why,) in judge(world, None) if state == "impossible"]
    assert "HH/HV" in reasons[0]
    assert reasons[1] == "radar: no asset for vv"
    one["assets"]["vv"] = {"href": "./vv.tif"}
    del bare["assets"]["nir"]
    reasons = [why for state, (why,) in judge(world, None) if state == "impossible"]
    assert reasons[1] == "optical scene: no asset for nir"


def test_what_has_changed_is_named(world, tmp_path):
    out = tmp_path / "out"
    run(world, out)
    assert [state for state, _ in judge(world, out)] == ["done", "done"]
    assert judge(world, out, "slope_flag_deg=12")[0] == ("changed", ("recipe",))
    assert judge(world, out, "outputs={cog: true, cube: true, quicklook: false}")[0][0] == "done"
    world.add_optical("S2A_LATE", days=1.0, **STAMP)
    assert judge(world, out) == [("changed", ("optical scenes (1 new)",)), ("done", ())]
    world.add_radar("S1A_C", days=0.0, **STAMP)
    states = judge(world, out)
    assert states[0][0] == "changed"
    run(world, out)
    assert {state for state, _ in judge(world, out)} == {"done"}


def test_a_replaced_scene_is_a_change_without_a_new_one(world, tmp_path):
    out = tmp_path / "out"
    run(world, out)
    for item in world._items["sentinel-2-l2a"]:
        item["properties"]["updated"] = "2023-08-01T00:00:00Z"
    assert judge(world, out)[0] == ("changed", ("optical scenes",))


def test_a_kind_of_file_that_is_missing(world, tmp_path):
    out = tmp_path / "out"
    run(world, out, "outputs={cog: true, cube: false, quicklook: false}")
    assert judge(world, out)[0] == ("changed", ("no cube yet", "no quicklook yet"))


def test_an_item_without_parts_was_made_from_something_else(world):
    one = plan(world).units[0]
    there = _committed(one, {})
    from smmap.pipeline.standing import _list_parts

    assert _list_parts(one, there) == ["made from something else"]
    same = _committed(one, {"smmap:parts": dict(one.parts)})
    assert _list_parts(one, same) == ["made from something else"]
    other = _committed(one, {"smmap:parts": dict(one.parts) | {"model": "x", "tile": "y"}})
    assert _list_parts(one, other) == ["model", "tile"]


def _committed(unit, properties):
    from smmap.archive.ledger import Committed

    document = {"properties": properties, "links": [{"title": item.id} for item in _items(unit)]}
    overpass = replace(unit.overpass, items=())
    return Committed(unit.id, "x", "f", "other", "done", document, overpass)


def _items(unit):
    return [*unit.overpass.items, *(one for many in unit.inputs.values() for one in many)]
