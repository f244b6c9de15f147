"""Which ground is mapped: clouds and holes stay open, scenes of other zones find their place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
from affine import Affine
from rasterio.warp import Resampling, calculate_default_transform, reproject
from small_world import VV, SmallWorld, write_raster

import smmap


def run(world: SmallWorld, out: Path, *changes: str):
    return smmap.run("local-stac", out, changes=[f"catalog={world.write()}", *changes])


def list_items(out: Path) -> dict[str, pystac.Item]:
    catalog = pystac.Catalog.from_file(out / "catalog.json")
    return {item.id: item for item in catalog.get_items(recursive=True) if "SMMAP" in item.id}


def test_an_overpass_under_cloud_is_recorded_as_empty(tmp_path):
    world = SmallWorld(tmp_path / "scenes")
    world.add_radar("S1A_ONE")
    world.add_optical("S2_CLOUD", days=0.1, scl=9)
    result = run(world, tmp_path / "out")
    assert [receipt.status for receipt in result.receipts] == ["empty"]
    assert "stale_optical" in result.receipts[0].reason
    (item,) = list_items(tmp_path / "out").values()
    assert item.properties["smmap:status"] == "empty"
    assert not item.assets
    assert not list((tmp_path / "out").rglob("*.tif"))


def test_nothing_received_never_becomes_a_number(tmp_path):
    world = SmallWorld(tmp_path / "scenes")
    world.add_radar("S1A_NAN", vv=np.nan, vh=np.nan)
    world.add_radar("S1A_ZERO", days=1, orbit=110, vv=0.0, vh=0.0)
    world.add_optical("S2_CLEAR", days=0.5)
    result = run(world, tmp_path / "out")
    assert [receipt.status for receipt in result.receipts] == ["empty", "empty"]
    assert all("saw nothing" in receipt.reason for receipt in result.receipts)


def test_holes_stay_holes(tmp_path):
    world = SmallWorld(tmp_path / "scenes")
    vv = np.full((48, 48), VV, np.float32)
    vv[10:12, 20:22] = np.nan
    world.add_radar("S1A_ONE", vv=vv)
    world.add_optical("S2_CLEAR", days=0.5)
    run(world, tmp_path / "out")
    dataset = smmap.open(tmp_path / "out").isel(time=0)
    hole = np.isnan(dataset.sm.values)
    assert hole.sum() == 4
    assert hole[10:12, 20:22].all()
    assert (dataset.sm_quality.values[10:12, 20:22] == 65535).all()


def test_a_scene_in_another_zone_lands_on_the_tile(tmp_path):
    small = SmallWorld(tmp_path / "scenes")
    small.add_optical("S2_CLEAR", days=0.5)
    ramp = np.linspace(0.04, 0.10, 48, dtype=np.float32)[None, :].repeat(48, 0)
    small.add_radar("S1A_HERE", days=1.2, orbit=37, vv=ramp)
    small.add_radar("S1A_THERE", days=1.3, orbit=161, vv=ramp)
    moved = small._items["sentinel-1-grd"][-1]
    for asset in ("vv", "vh"):
        reproject_file(small.get_path("sentinel-1-grd", "S1A_THERE", asset), "EPSG:32632")
    for key in ("proj:code", "proj:shape", "proj:transform"):
        del moved["properties"][key]
    run(small, tmp_path / "out")
    dataset = smmap.open(tmp_path / "out")
    here, there = (
        dataset.sm.isel(time=int(np.flatnonzero(dataset.relative_orbit.values == orbit)[0])).values
        for orbit in (37, 161)
    )
    both = np.isfinite(here) & np.isfinite(there)
    assert both.mean() > 0.7
    assert np.abs(here - there)[both].max() < 0.01


@pytest.mark.parametrize("crs,left", [("EPSG:32660", 833_000), ("EPSG:32601", 166_000)])
def test_scenes_across_the_antimeridian_are_found_and_mapped(tmp_path, crs, left):
    world = SmallWorld(tmp_path / "scenes", crs=crs, left=left, top=5_000, size=300)
    world.add_radar("S1A_ONE")
    world.add_optical("S2_CLEAR", days=0.5)
    west, _, east, _ = world._outline().bounds
    assert (west, east) == pytest.approx((-180, 180), abs=0.1), "the scene must cross 180 degrees"
    result = run(world, tmp_path / "out")
    assert result.count("failed") == 0
    assert result.count("done") >= 1
    sides = {receipt.unit.split("_T")[1][:3] for receipt in result.receipts}
    assert sides == {"60N", "01N"}


def reproject_file(path: Path, crs: str) -> None:
    with rasterio.open(path) as file:
        values, source, old = file.read(1), file.crs, file.transform
        transform, width, height = calculate_default_transform(
            source, crs, file.width, file.height, *file.bounds, resolution=10
        )
    moved = np.full((height, width), np.nan, np.float32)
    reproject(
        values,
        moved,
        src_transform=old,
        src_crs=source,
        dst_transform=transform,
        dst_crs=crs,
        resampling=Resampling.bilinear,
        src_nodata=np.nan,
        dst_nodata=np.nan,
    )
    write_raster(path, moved, crs, Affine(*tuple(transform)[:6]))
