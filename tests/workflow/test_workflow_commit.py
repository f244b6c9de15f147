"""What is committed stays, what is missing comes, whatever happens in between."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray as xr
import yaml
from recorded import check_whole
from small_world import RED, VV, SmallWorld, make_dated_world

import smmap
from smmap.archive.status import describe_output
from smmap.data import get_folder
from smmap.store.checksum import compute_sha256


def run(world: SmallWorld, out: Path, *changes: str, **options):
    return smmap.run("local-stac", out, changes=[f"catalog={world.write()}", *changes], **options)


def list_cubes(out: Path) -> list[str]:
    return sorted(path.name for path in (out / "cubes").rglob("*.zarr"))


@pytest.fixture
def digest(digest_pixels):
    """Checksums without the names of cube generations."""

    def compute(out: Path) -> dict[str, str]:
        found = digest_pixels(out)
        return {
            "/".join(
                part
                for part in name.split("/")
                if not part.endswith(".zarr") or part == "slice.zarr"
            ): value
            for name, value in found.items()
        }

    return compute


def test_a_late_scene_is_inserted_without_touching_the_others(tmp_path, digest):
    out = tmp_path / "out"
    run(make_dated_world(tmp_path / "early", (0, 2)), out)
    files = {path: path.stat().st_mtime_ns for path in (out / "soil-moisture").rglob("*.tif")}
    (before,) = list_cubes(out)
    reader = smmap.open(out)
    result = run(make_dated_world(tmp_path / "late", (0, 1, 2)), out)
    assert (result.count("done"), result.kept) == (1, 2)
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in files.items())
    dataset = smmap.open(out)
    assert list(dataset.relative_orbit.values) == [10, 11, 12]
    assert (np.diff(dataset.time.values) > np.timedelta64(0)).all()
    assert len(list_cubes(out)) == 2, "the old generation stays for those who read it"
    assert before in list_cubes(out)
    assert reader.sizes["time"] == 2
    assert np.isfinite(reader.sm.values).all(), "a reader of the old generation is not disturbed"
    run(make_dated_world(tmp_path / "again", (0, 1, 2)), tmp_path / "fresh")
    xr.testing.assert_identical(dataset.load(), smmap.open(tmp_path / "fresh").load())


def test_a_repaired_optical_scene_is_used_by_a_plain_rerun(tmp_path, digest):
    world = make_dated_world(tmp_path / "scenes", (0,))
    world.add_optical("S2_NEAR", days=0.1, red=RED * 1.5)
    path = world.get_path("sentinel-2-l2a", "S2_NEAR", "nir")
    whole = path.read_bytes()
    path.unlink()
    first = run(world, tmp_path / "out")
    assert first.receipts[0].skipped
    path.write_bytes(whole)
    second = run(world, tmp_path / "out")
    assert second.count("done") == 1
    assert not second.receipts[0].skipped
    run(world, tmp_path / "fresh")
    xr.testing.assert_identical(
        smmap.open(tmp_path / "out").load(), smmap.open(tmp_path / "fresh").load()
    )
    assert run(world, tmp_path / "out").kept == 1


def test_an_item_describes_the_files_that_lie_there(tmp_path):
    world = make_dated_world(tmp_path / "scenes", (0,))
    result = run(world, tmp_path / "out")
    item = tmp_path / "out" / str(result.receipts[0].item)
    item.unlink()
    run(world, tmp_path / "out")
    document = json.loads(item.read_text())
    for asset in document["assets"].values():
        if "file:checksum" in asset:
            found = compute_sha256(item.parent / asset["href"])
            assert asset["file:checksum"] == f"1220{found}"


def test_both_sides_of_midnight_belong_to_one_overpass(tmp_path):
    world = SmallWorld(tmp_path / "scenes")
    half = np.full((48, 48), VV, np.float32)
    half[24:] = np.nan
    before_midnight, after_midnight = 0.75 - 10 / 86400, 0.75 + 15 / 86400
    world.add_radar("S1A_NORTH", days=before_midnight, vv=half)
    other = half[::-1].copy()
    world.add_radar("S1A_SOUTH", days=after_midnight, vv=other, **{"sat:absolute_orbit": 7})
    for item in world._items["sentinel-1-grd"]:
        item["properties"]["sat:absolute_orbit"] = 7
    # Two slices of one pass are two places: as one place they would be two processings.
    world._items["sentinel-1-grd"][1]["geometry"]["coordinates"] = [
        [[x, y - 1e-2] for x, y in ring]
        for ring in world._items["sentinel-1-grd"][1]["geometry"]["coordinates"]
    ]
    world.add_optical("S2_CLEAR", days=0.5)
    bbox = world._outline().bounds
    both = run(world, tmp_path / "both", "radar.erode=0", period="2023-06-01/2023-06-02", bbox=bbox)
    assert both.count("done") == 1
    for day in ("2023-06-01", "2023-06-02"):
        try:
            run(world, tmp_path / "days", "radar.erode=0", period=day, bbox=bbox)
        except smmap.spec.errors.EmptySearchError:
            continue
    xr.testing.assert_identical(
        smmap.open(tmp_path / "days").load(), smmap.open(tmp_path / "both").load()
    )


def test_maps_grow_and_never_shrink(tmp_path):
    world = make_dated_world(tmp_path / "scenes", (0,))
    west, south, east, north = world._outline().bounds
    middle = (west + east) / 2
    run(world, tmp_path / "out", bbox=(west, south, middle, north))
    part = smmap.open(tmp_path / "out").load()
    run(world, tmp_path / "out", bbox=(west, south, east, north))
    whole = smmap.open(tmp_path / "out").load()
    assert whole.sizes["x"] > part.sizes["x"]
    inner = whole.sel(x=part.x, y=part.y)
    np.testing.assert_array_equal(inner.sm.values, part.sm.values)
    assert run(world, tmp_path / "out", bbox=(west, south, middle, north)).kept == 1
    xr.testing.assert_identical(smmap.open(tmp_path / "out").load(), whole)


def test_another_model_redoes_the_maps_and_is_recorded(tmp_path):
    world = make_dated_world(tmp_path / "scenes", (0,))
    run(world, tmp_path / "out")
    package = tmp_path / "mine"
    package.mkdir()
    for path in (get_folder("models") / "physics").iterdir():
        (package / path.name).write_bytes(path.read_bytes())
    card = yaml.safe_load((package / "card.yaml").read_text())
    card["output"]["valid_range"] = [0.0, 0.01]
    (package / "card.yaml").write_text(yaml.safe_dump(card))
    result = run(world, tmp_path / "out", f"model={package}")
    assert result.count("empty") == 1
    models = [path.name for path in (tmp_path / "out/models").iterdir() if path.is_dir()]
    assert len(models) == 2


def test_what_does_not_decide_pixels_redoes_nothing(tmp_path):
    world = make_dated_world(tmp_path / "scenes", (0, 1))
    run(world, tmp_path / "out")
    for changes in (["block=32"], ["threads=1"], ["batch=1"], ["device=cpu"], ["title=Other"]):
        assert run(world, tmp_path / "out", *changes).kept == 2
    assert run(world, tmp_path / "out", "optical.stale_days=0.1").kept == 0


def test_files_that_were_not_wanted_can_be_added(tmp_path):
    world = make_dated_world(tmp_path / "scenes", (0,))
    run(world, tmp_path / "out", "outputs.cube=false")
    with pytest.raises(smmap.spec.errors.ArchiveError, match="no cube"):
        smmap.open(tmp_path / "out")
    assert run(world, tmp_path / "out").count("done") == 1
    assert smmap.open(tmp_path / "out").sizes["time"] == 1
    assert run(world, tmp_path / "out", "outputs.cube=false").kept == 1
    assert smmap.open(tmp_path / "out").sizes["time"] == 1


def test_batches_share_reads_and_change_nothing(tmp_path, digest_pixels):
    world = make_dated_world(tmp_path / "scenes", (0, 1, 2))
    run(world, tmp_path / "together")
    run(world, tmp_path / "apart", "batch=1")
    assert digest_pixels(tmp_path / "together") == digest_pixels(tmp_path / "apart")


def test_cubes_join_over_the_new_year(tmp_path):
    world = SmallWorld(tmp_path / "scenes")
    for day in (212.0, 215.0):  # from 1 June: 30 December and 2 January
        world.add_radar(f"S1A_{day:.0f}", days=day, orbit=int(day) % 175)
    world.add_optical("S2_CLEAR", days=213)
    run(world, tmp_path / "out")
    assert sorted(path.parent.name for path in (tmp_path / "out/cubes").rglob("*.zarr")) == [
        "2023",
        "2024",
    ]
    dataset = smmap.open(tmp_path / "out")
    assert [str(one)[:10] for one in dataset.time.values] == ["2023-12-30", "2024-01-02"]


def test_force_maps_again_what_was_changed_behind_the_items(tmp_path):
    world = make_dated_world(tmp_path / "scenes", (0,))
    run(world, tmp_path / "out")
    before = smmap.open(tmp_path / "out").sm.values
    path = world.get_path("sentinel-1-grd", "S1A_0", "vv")
    with rasterio.open(path, "r+") as file:
        file.write(file.read(1) * 1.3, 1)
    assert run(world, tmp_path / "out").kept == 1
    assert run(world, tmp_path / "out", force=True).count("done") == 1
    assert (smmap.open(tmp_path / "out").sm.values > before).all()
    check_whole(tmp_path / "out")
    assert run(world, tmp_path / "out").kept == 1


def test_two_grids_live_in_one_output(tmp_path):
    world = make_dated_world(tmp_path / "scenes", (0,))
    run(world, tmp_path / "out", "grid=utm-20m")
    run(world, tmp_path / "out", "grid=utm-10m")
    fine = smmap.open(tmp_path / "out", tile="utm-10m/31N_6_55")
    coarse = smmap.open(tmp_path / "out", tile="utm-20m/31N_6_55")
    assert (fine.sizes["time"], coarse.sizes["time"]) == (1, 1)
    assert (float(fine.x[1] - fine.x[0]), float(coarse.x[1] - coarse.x[0])) == (10, 20)
    for one in (fine, coarse):
        assert np.isfinite(one.sm.values).all()
        assert float(one.x.mean()) == pytest.approx(640_240)
    with pytest.raises(smmap.spec.errors.ArchiveError, match="several tiles '31N_6_55'"):
        smmap.open(tmp_path / "out", tile="31N_6_55")
    grid = (
        "{name: mine, crs: EPSG:32631, resolution: 50, bounds: [640000, 5679500, 640500, 5680000]}"
    )
    run(world, tmp_path / "out", f"grid={grid}")
    with pytest.raises(smmap.spec.errors.ArchiveError, match="lies on other pixels"):
        run(world, tmp_path / "out", f"grid={grid.replace('50,', '25,')}")


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    world = make_dated_world(tmp_path / "scenes", (0,))
    catalog = world.write().read_bytes()
    with pytest.raises(smmap.spec.errors.ArchiveError, match="not an output of smmap"):
        run(world, tmp_path / "scenes")
    assert (tmp_path / "scenes/catalog.json").read_bytes() == catalog


def test_status_counts_what_a_killed_run_committed(tmp_path):
    world = make_dated_world(tmp_path / "scenes", (0,))
    run(world, tmp_path / "out")
    for path in (tmp_path / "out").rglob("collection.json"):
        path.unlink()
    (tile,) = describe_output(tmp_path / "out")["tiles"]
    assert (tile["tile"], tile["done"]) == ("utm-10m/31N_6_55", 1)
    assert run(world, tmp_path / "out").kept == 1
    assert smmap.open(tmp_path / "out").sizes["time"] == 1


def test_items_that_cannot_be_used_are_in_the_report(tmp_path):
    world = make_dated_world(tmp_path / "scenes", (0,))
    world.add_radar("S1A_NO_TIME", days=1)["properties"].pop("datetime")
    run(world, tmp_path / "out")
    record = json.loads((tmp_path / "out/report/run.json").read_text())
    assert any("S1A_NO_TIME" in reason for reason in record["left_out"])
    assert "S1A_NO_TIME" in (tmp_path / "out/report/index.html").read_text()


def test_addresses_may_be_percent_encoded(tmp_path):
    world = SmallWorld(tmp_path / "my scenes")
    item = world.add_radar("S1A_ONE")
    world.add_optical("S2_CLEAR", days=0.5)
    folder = tmp_path / "my scenes/sentinel-1-grd/S1A_ONE"
    (folder / "vv.tif").rename(folder / "v v.tif")
    item["assets"]["vv"]["href"] = "./v%20v.tif"
    item["assets"]["vh"]["href"] = f"file://{folder}/vh.tif".replace(" ", "%20")
    assert run(world, tmp_path / "out").count("done") == 1


def test_a_raster_that_is_not_where_its_item_says(tmp_path):
    world = make_dated_world(tmp_path / "scenes", (0, 1))
    for item in world._items["sentinel-1-grd"][1:]:
        item["properties"]["proj:code"] = "EPSG:32632"
    result = run(world, tmp_path / "out")
    assert [one.status for one in result.receipts] == ["done", "failed"]
    assert "its item says EPSG:32632" in result.receipts[1].reason


def test_truth_of_the_files_tags(tmp_path):
    world = make_dated_world(tmp_path / "scenes", (0,))
    result = run(world, tmp_path / "out")
    (path,) = (tmp_path / "out").rglob("*_sm.tif")
    with rasterio.open(path) as file:
        assert file.tags()["SMMAP_UNIT"] == result.receipts[0].unit
        said = file.tags()["ATTRIBUTION"]
    (path,) = (tmp_path / "out").glob("soil-moisture/*/*/*/*/SMMAP_*.json")
    properties = json.loads(path.read_text())["properties"]
    assert said == "; ".join(properties["smmap:attribution"])
    assert "Copernicus" in said
    assert properties["smmap:licences"]
