"""Models that look back: each pixel's last overpasses, whatever their orbit and the work's cut."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pystac
import pytest
import rasterio
from small_model import write_model
from small_reanalysis import write_era5_land
from small_world import START, SmallWorld

from smmap.pipeline import stages
from smmap.pipeline.estimate import estimate_plan
from smmap.pipeline.plan import plan_run
from smmap.pipeline.recipe import load_recipe
from smmap.pipeline.run import run
from smmap.pipeline.standing import judge_plan
from smmap.spec.quality import Quality

VV = {"name": "vv", "feature": "backscatter_db", "options": {"polarisation": "vv"}, "units": "dB"}
STEPS, DAYS = 3, 10
SIZE = 32
# Name -> day, orbit, decibels; by day.
PASSES = {
    "a": (0, 88, -6.0),
    "b": (2, 161, -7.0),
    "c": (5, 37, -8.0),
    "d": (9, 88, -9.0),
    "e": (14, 161, -10.0),
    "f": (26, 37, -11.0),
}
HOLE = np.s_[:10, :SIZE]
"""Rows that 'c' has not seen."""


def make_scene(decibels, name=""):
    power = np.full((SIZE, SIZE), 10 ** (decibels / 10), np.float32)
    if name == "c":
        power[HOLE] = np.nan
    return power


def make_world(folder, names=tuple(PASSES)):
    world = SmallWorld(folder, size=SIZE)
    for name in names:
        day, orbit, decibels = PASSES[name]
        world.add_radar(name, days=day, orbit=orbit, vv=make_scene(decibels, name))
    return world.write()


def find_steps(name, hole, names=tuple(PASSES)):
    """The last overpasses by hand, as names: those within ten days, the earliest repeated."""
    day = PASSES[name][0]
    seen = [one for one in names if not (hole and one == "c")]
    back = [one for one in seen if 0 < day - PASSES[one][0] <= DAYS] + [name]
    back = back[-STEPS:]
    return [back[0]] * (STEPS - len(back)) + back


def write_recipe(folder, catalog, column, factor, **more):
    """The map shows one column of the sequence: (decibels, days) of three steps."""
    history = {"overpasses": STEPS, "days": DAYS}
    model = write_model(folder / f"shown{column}", [VV], column, factor, history=history)
    path = folder / "trial.yaml"
    recipe = {
        "name": "trial",
        "catalog": str(catalog),
        "model": str(model),
        "sources": {"sentinel1": "local-sentinel-1"},
        "radar": {"erode": 0, "despeckle": {"method": "none"}},
        "outputs": {"cube": False, "quicklook": False},
    }
    path.write_text(json.dumps(recipe | more))
    return path


def read_maps(out):
    """Scene's name -> soil moisture, and the item."""
    found = {}
    for item in pystac.Catalog.from_file(str(out / "catalog.json")).get_items(recursive=True):
        if "sm" not in item.assets:
            continue
        with rasterio.open(item.assets["sm"].get_absolute_href()) as file:
            values = file.read(1, masked=True).astype(float).filled(np.nan) * file.scales[0]
        day = (item.datetime - START) / timedelta(days=1)
        (name,) = (one for one, (when, *_) in PASSES.items() if when == day)
        found[name] = values, item
    return found


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("passes"))


@pytest.mark.parametrize("step", [0, 1])
def test_each_step_is_what_was_seen_then(tmp_path, catalog, step):
    """From the ninth day on; what was before it is looked back to all the same."""
    recipe = write_recipe(tmp_path, catalog, 2 * step, -0.01)
    run(recipe, tmp_path / "out", period="2023-06-08/2023-07-30")
    maps = read_maps(tmp_path / "out")
    assert set(maps) == {"d", "e", "f"}
    for name, (sm, item) in maps.items():
        for hole, part in ((True, sm[:10]), (False, sm[10:])):
            shown = PASSES[find_steps(name, hole)[step]][2]
            np.testing.assert_allclose(part, -0.01 * shown, atol=1e-6, err_msg=name)
        assert "the last 3 overpasses within 10 days" in item.properties["processing:lineage"]
    used = {link.title for link in maps["e"][1].get_links("derived_from")}
    assert used & set(PASSES) == {"c", "d", "e"}


def test_days_before(tmp_path, catalog):
    run(write_recipe(tmp_path, catalog, 1, 0.01), tmp_path / "out")
    for name, (sm, _) in read_maps(tmp_path / "out").items():
        for hole, part in ((True, sm[:10]), (False, sm[10:])):
            first = PASSES[find_steps(name, hole)[0]][0]
            if not (hole and name == "c"):
                expected = 0.01 * (PASSES[name][0] - first)
                np.testing.assert_allclose(part, expected, atol=1e-6, err_msg=name)


def test_the_same_bytes_however_the_work_is_cut(tmp_path, catalog, digest_pixels, monkeypatch):
    recipe = write_recipe(tmp_path, catalog, 0, -0.01)
    run(recipe, tmp_path / "whole")
    monkeypatch.setattr(stages, "_ROWS", 5)  # by itself more than these maps have
    cut = ["block=17", "threads=3", "batch=2"]
    run(recipe, tmp_path / "late", changes=cut, period="2023-06-10/2023-07-30")
    run(recipe, tmp_path / "late", changes=["batch=1"])
    whole = digest_pixels(tmp_path / "whole")
    assert len(whole) >= 2 * len(PASSES)
    assert digest_pixels(tmp_path / "late") == whole


class Reads:
    """Progress that notes what has been read."""

    def start(self, units):
        self.bytes = 0

    def finish(self, receipt):
        pass

    def advance(self, headway):
        self.bytes = headway.bytes_read


def test_each_overpass_is_read_once(tmp_path, catalog):
    """As much as for a model without a history, where one task has all overpasses."""
    recipe, reads = write_recipe(tmp_path, catalog, 0, -0.01), Reads()
    run(recipe, tmp_path / "back", progress=reads)
    with_history = reads.bytes
    plain = write_model(tmp_path / "plain", [VV], 0, -0.01)
    run(recipe, tmp_path / "alone", changes=[f"model={plain}"], progress=reads)
    assert with_history == reads.bytes > 0


@pytest.mark.slow
def test_workers_know_the_history(tmp_path, catalog, digest_pixels):
    recipe = write_recipe(tmp_path, catalog, 0, -0.01)
    run(recipe, tmp_path / "whole")
    run(recipe, tmp_path / "many", workers=2, changes=["batch=2"])
    assert digest_pixels(tmp_path / "many") == digest_pixels(tmp_path / "whole")


def list_standings(recipe, out):
    plan = plan_run(load_recipe(str(recipe)))
    names = {one.unit.overpass.items[0].id: one for one in judge_plan(plan, out)}
    return {name: (one.state, one.reasons) for name, one in names.items()}


def test_a_late_scene_changes_those_that_look_back_to_it(tmp_path, digest_pixels):
    early = [one for one in PASSES if one != "c"]
    recipe = write_recipe(tmp_path, make_world(tmp_path / "world", early), 2, -0.01)
    run(recipe, tmp_path / "out")
    make_world(tmp_path / "world")
    why = ("history of overpasses (1 new)",)
    assert list_standings(recipe, tmp_path / "out") == {
        "a": ("done", ()),
        "b": ("done", ()),
        "c": ("new", ()),
        "d": ("changed", why),
        "e": ("changed", why),
        "f": ("done", ()),
    }
    result = run(recipe, tmp_path / "out")
    assert (len(result.receipts), result.kept) == (3, 3)
    run(recipe, tmp_path / "fresh")
    fresh = digest_pixels(tmp_path / "fresh")
    left = digest_pixels(tmp_path / "out")
    assert {path: left[path] for path in fresh} == fresh


def test_a_broken_scene_costs_its_step_until_it_is_mended(tmp_path):
    catalog = make_world(tmp_path / "world")
    path = tmp_path / "world" / "sentinel-1-grd" / "d" / "vv.tif"
    whole = path.read_bytes()
    path.write_bytes(whole[:200])
    recipe = write_recipe(tmp_path, catalog, 2, -0.01)
    result = run(recipe, tmp_path / "out")
    assert (result.count("done"), result.count("failed")) == (5, 1)
    sm, item = read_maps(tmp_path / "out")["e"]
    (skipped,) = item.properties["smmap:skipped"]
    assert skipped.startswith("d:")
    np.testing.assert_allclose(sm[10:], 0.08, atol=1e-6)  # 'c', further back
    np.testing.assert_allclose(sm[:10], 0.10, atol=1e-6)  # which saw nothing here: itself again

    path.write_bytes(whole)
    result = run(recipe, tmp_path / "out")
    assert sorted(one.overpass.items[0].id for one in result.receipts) == ["d", "e"]
    np.testing.assert_allclose(read_maps(tmp_path / "out")["e"][0], 0.09, atol=1e-6)


def test_estimates_count_what_is_looked_back_to(tmp_path, catalog):
    recipe = write_recipe(tmp_path, catalog, 0, -0.01, batch=2, period="2023-06-08/2023-07-30")
    totals = estimate_plan(plan_run(load_recipe(str(recipe))), rate=1e6)["totals"]
    # 'd' looks back to a, b and c, 'e' to c and d, 'f' to none.
    assert totals["overpasses"] == 3
    assert totals["earlier_overpasses"] == 3


MOISTURE = {
    "name": "era5",
    "feature": "quantity",
    "options": {"band": "soil_moisture"},
    "units": "m3 m-3",
    "source": "era5_land",
    "join": {"rule": "nearest", "days_before": 0.05, "days_after": 0.05},
}


def test_provisional_data_of_the_history_mark_the_map(tmp_path):
    """Overpasses at days 0 and 2; of ERA5-Land, only that of the first day is provisional."""
    world = SmallWorld(tmp_path / "world", size=SIZE)
    world.add_radar("a")
    world.add_radar("b", days=2, orbit=161)
    versions = ["0001", "0001", "0005", "0001", "0001", "0001"]
    era5_land = write_era5_land(tmp_path / "era5", version=versions, days=6)
    history = {"overpasses": 2, "days": 3}
    model = write_model(tmp_path / "shown", [MOISTURE, VV], show=3, history=history)
    recipe = write_recipe(
        tmp_path,
        world.write(),
        0,
        1.0,
        model=str(model),
        sources={"sentinel1": "local-sentinel-1", "era5_land": "cds-era5-land"},
        catalogs={"era5_land": str(era5_land)},
    )
    run(recipe, tmp_path / "out")
    for _, item in read_maps(tmp_path / "out").values():
        with rasterio.open(item.assets["sm_quality"].get_absolute_href()) as file:
            assert (file.read(1) == Quality.PROVISIONAL).all()
    write_era5_land(tmp_path / "era5", days=6)
    assert list_standings(recipe, tmp_path / "out") == {
        "a": ("changed", ("ERA5-Land",)),
        "b": ("changed", ("history of overpasses",)),
    }
