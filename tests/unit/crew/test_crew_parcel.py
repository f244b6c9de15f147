"""A task crosses to another process: whole, and without the catalogue that its scenes hang on."""

from __future__ import annotations

from small_world import SmallWorld

from smmap.crew.parcel import pack, unpack
from smmap.pipeline.plan import plan_run
from smmap.pipeline.recipe import load_recipe


def plan(folder, number):
    world = SmallWorld(folder)
    for day in range(number):
        world.add_radar(f"S1A_{day}", days=day, orbit=10 + day)
    world.add_optical("S2_CLEAR", days=0.5)
    return plan_run(load_recipe("local-stac", [f"catalog={world.write()}", "batch=1"]))


def test_a_task_comes_back_as_it_was(tmp_path):
    (task,) = plan(tmp_path, 1).tasks
    back = unpack(pack(task))
    (unit,), (other,) = task.units, back.units
    assert (other.id, other.fingerprint, other.area) == (unit.id, unit.fingerprint, unit.area)
    for one, same in zip(unit.overpass.items, other.overpass.items, strict=True):
        assert same.properties == one.properties
        assert {key: asset.get_absolute_href() for key, asset in same.assets.items()} == {
            key: asset.get_absolute_href() for key, asset in one.assets.items()
        }


def test_a_task_is_as_small_among_many_as_alone(tmp_path):
    alone = len(pack(plan(tmp_path / "one", 1).tasks[0]))
    among = len(pack(plan(tmp_path / "many", 40).tasks[0]))
    assert among < 1.1 * alone
