"""What a user gets for input that cannot be used: one clear error, or a recorded skip."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pystac
import pytest
import yaml
from small_world import SmallWorld

import smmap
from smmap.data import get_folder
from smmap.pipeline.recipe import load_recipe
from smmap.spec.errors import ConfigError, EmptySearchError, GoldenError, ModelError, StoreError


@pytest.fixture
def small(tmp_path):
    """Two overpasses and one clear optical scene."""
    world = SmallWorld(tmp_path / "scenes")
    world.add_radar("S1A_ONE", days=0)
    world.add_radar("S1A_TWO", days=1, orbit=110, state="descending")
    world.add_optical("S2_CLEAR", days=0.5)
    return world


def run(world: SmallWorld, out: Path, *changes: str):
    return smmap.run("local-stac", out, changes=[f"catalog={world.write()}", *changes])


def list_items(out: Path) -> dict[str, pystac.Item]:
    catalog = pystac.Catalog.from_file(out / "catalog.json")
    return {item.id: item for item in catalog.get_items(recursive=True) if "SMMAP" in item.id}


def test_flat_scenes_give_what_the_model_says_of_one_pixel(small, tmp_path):
    run(small, tmp_path / "out")
    dataset = smmap.open(tmp_path / "out")
    assert dataset.sizes == {"time": 2, "y": 48, "x": 48, "bnds": 2}
    model = smmap.load_model("physics")
    ndvi = (0.20 - 0.08) / (0.20 + 0.08)
    sm = model.predict(np.array([[-12.0, 38.0, ndvi]], np.float32))[0]
    np.testing.assert_allclose(dataset.sm.isel(time=0).values, sm, atol=2e-3)


@pytest.mark.parametrize(
    "change,message",
    [
        ("blok=5", r"local-stac\.yaml: unknown key 'blok' \(allowed here: .*block"),
        ("block=big", r"local-stac\.yaml: key 'block': .*integer"),
        ("block=1", r"local-stac\.yaml: key 'block': .*16"),
        ("radar.despeckle.method=magic", r"despeckle\.method.*lee.*boxcar"),
        ("radar.despeckle.window=4", r"odd"),
        ("sources.sentinel3=x", r"unknown key 'sources\.sentinel3' \(allowed here: sentinel1"),
        ("period=2023-99-01", r"not a date"),
        ("period=2023-05-01/2023-04-01", r"ends before it starts"),
        ("grid=utm-7m", r"no grid is called 'utm-7m'; choose one of utm-10m"),
        ("model=none", r"no model 'none'.*physics"),
        ("sources.sentinel1=nobody", r"nobody.*local-sentinel-1"),
        ("sources.sentinel1=local-sentinel-2", r"is for sentinel-2, not sentinel-1"),
        ("sources.sentinel2=null", r"model 'physics' needs nir, red.*sources\.sentinel2"),
        ("device=tpu", r"device.*auto"),
        ("block", r"KEY=VALUE"),
    ],
)
def test_an_unusable_recipe_stops_before_any_read(small, tmp_path, change, message):
    with pytest.raises((ConfigError, ModelError, smmap.spec.errors.GridError), match=message):
        run(small, tmp_path / "out", change)
    assert not (tmp_path / "out").exists()


def test_a_recipe_that_is_no_yaml(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("name: [")
    with pytest.raises(ConfigError, match=r"broken\.yaml: cannot be read as YAML"):
        load_recipe(path)
    path.write_text("just words")
    with pytest.raises(ConfigError, match=r"broken\.yaml: expected keys and values"):
        load_recipe(path)


def test_a_card_with_an_unknown_key(small, tmp_path):
    package = tmp_path / "mine"
    shutil.copytree(get_folder("models") / "physics", package)
    card = yaml.safe_load((package / "card.yaml").read_text())
    (package / "card.yaml").write_text(yaml.safe_dump(card | {"colour": "blue"}))
    with pytest.raises(ConfigError, match=r"card\.yaml: unknown key 'colour' \(allowed here: name"):
        run(small, tmp_path / "out", f"model={package}")


def test_a_catalogue_definition_with_a_wrong_type(small, tmp_path):
    path = tmp_path / "mine.yaml"
    definition = yaml.safe_load((get_folder("catalogs") / "local-sentinel-1.yaml").read_text())
    path.write_text(yaml.safe_dump(definition | {"id": "mine", "resolution": "fine"}))
    with pytest.raises(ConfigError, match=r"mine\.yaml: key 'resolution'"):
        run(small, tmp_path / "out", f"sources.sentinel1={path}")


def test_a_card_whose_golden_output_does_not_match(small, tmp_path):
    package = tmp_path / "mine"
    shutil.copytree(get_folder("models") / "physics", package)
    with np.load(package / "golden.npz") as file:
        arrays = dict(file)
    arrays["outputs"] = arrays["outputs"] + np.float32(0.01)
    np.savez(package / "golden.npz", **arrays)
    card = yaml.safe_load((package / "card.yaml").read_text())
    card["golden"]["sha256"] = smmap.store.checksum.compute_sha256(package / "golden.npz")
    (package / "card.yaml").write_text(yaml.safe_dump(card))
    with pytest.raises(GoldenError, match="golden outputs do not come back"):
        run(small, tmp_path / "out", f"model={package}")
    assert not list(Path(tmp_path / "out").rglob("*.tif"))


@pytest.mark.parametrize("damage", ["missing", "truncated", "corrupt", "empty"])
def test_a_broken_optical_scene_costs_that_scene(small, tmp_path, damage):
    small.add_optical("S2_BROKEN", days=0.1, red=0.3, nir=0.31)
    break_file(small.get_path("sentinel-2-l2a", "S2_BROKEN", "nir"), damage)
    result = run(small, tmp_path / "out")
    assert result.count("done") == 2
    assert all("S2_BROKEN" in " ".join(receipt.skipped) for receipt in result.receipts)
    assert "S2_BROKEN" in json.dumps(
        [one.to_dict() for one in list_items(tmp_path / "out").values()]
    )
    other = SmallWorld(tmp_path / "without")
    other.add_radar("S1A_ONE", days=0)
    other.add_radar("S1A_TWO", days=1, orbit=110, state="descending")
    other.add_optical("S2_CLEAR", days=0.5)
    run(other, tmp_path / "expected")
    np.testing.assert_array_equal(
        smmap.open(tmp_path / "out").sm.values, smmap.open(tmp_path / "expected").sm.values
    )


@pytest.mark.parametrize("damage", ["missing", "truncated", "corrupt", "empty"])
def test_a_broken_radar_scene_fails_its_overpass_only(small, tmp_path, damage):
    break_file(small.get_path("sentinel-1-grd", "S1A_TWO", "vv"), damage)
    result = run(small, tmp_path / "out")
    assert [receipt.status for receipt in result.receipts] == ["done", "failed"]
    failed = result.receipts[1]
    assert "vv" in failed.reason
    note = json.loads((tmp_path / f"out/.smmap/failed/{failed.unit}.json").read_text())
    assert "vv" in note["reason"]
    assert failed.unit not in list_items(tmp_path / "out")
    assert smmap.open(tmp_path / "out").sizes["time"] == 1
    assert not list((tmp_path / "out/.smmap/staging").iterdir())


def test_a_repaired_scene_is_mapped_by_a_plain_rerun(small, tmp_path):
    path = small.get_path("sentinel-1-grd", "S1A_TWO", "vv")
    whole = path.read_bytes()
    break_file(path, "truncated")
    run(small, tmp_path / "out")
    path.write_bytes(whole)
    result = run(small, tmp_path / "out")
    assert (result.count("done"), result.kept) == (1, 1)
    assert smmap.open(tmp_path / "out").sizes["time"] == 2
    assert not list((tmp_path / "out/.smmap/failed").iterdir())


def test_an_item_without_a_needed_asset(small, tmp_path):
    item = small.add_optical("S2_NO_RED", days=0.2)
    del item["assets"]["red"]
    radar = small.add_radar("S1A_NO_VV", days=2, orbit=161)
    del radar["assets"]["vv"]
    result = run(small, tmp_path / "out")
    assert [receipt.status for receipt in result.receipts] == ["done", "done", "failed"]
    assert "vv" in result.receipts[2].reason
    assert any("red" in one for one in result.receipts[0].skipped)


def test_facts_that_a_provider_wrote_badly_are_unknown_or_understood(small, tmp_path):
    facts = {"sat:orbit_state": "ASCENDING", "view:incidence_angle": "38.0"}
    radar = small.add_radar("S1A_TEXT", days=2, orbit=88, **facts)
    radar["properties"]["sat:relative_orbit"] = "n/a"
    lost = small.add_radar("S1A_LOST", days=3, orbit=161, **{"view:incidence_angle": "n/a"})
    lost["properties"] |= {"sat:orbit_state": "n/a", "sat:relative_orbit": "n/a"}
    for number, cover in enumerate(("n/a", float("nan"), None)):
        small.add_optical(f"S2_{number}", days=2 + number / 10, **{"eo:cloud_cover": cover})
    result = run(small, tmp_path / "out")
    by_scene = {one.overpass.items[0].id: one for one in result.receipts}
    assert by_scene["S1A_TEXT"].status == "done"
    assert by_scene["S1A_LOST"].status == "failed"
    assert "no incidence angle" in by_scene["S1A_LOST"].reason
    sm = smmap.open(tmp_path / "out").sm
    np.testing.assert_array_equal(sm.values[0], sm.values[2])  # the same in numbers


def test_optical_scenes_that_say_nothing_of_their_offset_are_checked(small, tmp_path):
    """The one still has the offset in it and is left out; the other has not and is used."""
    for name, days, red in (("S2_RAISED", 0.1, 0.15), ("S2_PLAIN", 0.2, 0.05)):
        item = small.add_optical(name, days=days, red=red, nir=red + 0.2, scl=4)
        for asset in item["assets"].values():
            asset.pop("raster:bands", None)
    result = run(small, tmp_path / "out")
    skipped = " ".join(result.receipts[0].skipped)
    assert "S2_RAISED" in skipped
    assert "state raster:offset" in skipped
    assert "S2_PLAIN" not in skipped


def test_hh_is_refused(small, tmp_path):
    item = small.add_radar("S1A_HH", days=2, orbit=161, **{"sar:polarizations": ["HH", "HV"]})
    item["assets"] = {"hh": item["assets"]["vv"]}
    assert "HH/HV is refused" in run(small, tmp_path / "out").receipts[2].reason


def test_optical_dates_without_a_clear_pixel_are_not_used(small, tmp_path):
    small.add_optical("S2_CLOUD", days=0.01, red=0.6, nir=0.6, scl=9)
    run(small, tmp_path / "out")
    ages = smmap.open(tmp_path / "out").sm.values
    other = SmallWorld(tmp_path / "without")
    other.add_radar("S1A_ONE", days=0)
    other.add_radar("S1A_TWO", days=1, orbit=110, state="descending")
    other.add_optical("S2_CLEAR", days=0.5)
    run(other, tmp_path / "expected")
    np.testing.assert_array_equal(ages, smmap.open(tmp_path / "expected").sm.values)


def test_an_empty_catalogue(tmp_path):
    world = SmallWorld(tmp_path / "scenes")
    with pytest.raises(EmptySearchError, match="sentinel-1"):
        run(world, tmp_path / "out")


def test_no_optical_scene_at_all(tmp_path):
    world = SmallWorld(tmp_path / "scenes")
    world.add_radar("S1A_ONE")
    with pytest.raises(EmptySearchError, match=r"no sentinel-2 scene found.*sentinel-2-l2a"):
        run(world, tmp_path / "out")


def test_an_output_below_a_file_cannot_be_written(small, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match="cannot write"):
        run(small, tmp_path / "file" / "out")


def test_a_full_disk_leaves_nothing_half_written(small, tmp_path):
    """A limit on the size of files stands in for a full disk: the same error at the same place."""
    catalog = small.write()
    script = (
        "import resource, signal, sys, smmap\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))\n"
        "from smmap.spec.errors import StoreError\n"
        "try:\n"
        "    smmap.run('local-stac', sys.argv[3], changes=['catalog=' + sys.argv[2]])\n"
        "except StoreError as error:\n"
        "    print(error); sys.exit(6)\n"
    )
    out = tmp_path / "out"
    for limit in (300, 3_000, 6_000):
        command = [sys.executable, "-c", script, str(limit), str(catalog), str(out)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 6, done.stderr
        assert "cannot write" in done.stdout
        for path in out.rglob("*.json"):
            json.loads(path.read_text())
        assert not list(out.glob("soil-moisture/*/*/*/*/*.json"))
    assert smmap.run("local-stac", out, changes=[f"catalog={catalog}"]).count("done") == 2
    assert not list((out / ".smmap/staging").iterdir())


def break_file(path: Path, damage: str) -> None:
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(data[: len(data) * 2 // 3])
    elif damage == "corrupt":
        path.write_bytes(data[:300] + bytes(len(data) - 300))
    else:
        path.write_bytes(b"")
