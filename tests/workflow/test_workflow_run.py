"""From a recipe to maps, as a user would do it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
import xarray as xr
from rio_cogeo.cogeo import cog_validate
from scipy.ndimage import binary_erosion
from stac_server import serve_stac

import smmap
from smmap.report.comparison import compare_with_truth
from smmap.spec.errors import ArchiveError, EmptySearchError
from smmap.store.checksum import compute_sha256


def test_every_overpass_becomes_a_map(maps):
    dataset = smmap.open(maps)
    assert set(dataset.relative_orbit.values) == {37, 88, 110, 161}
    assert set(dataset.orbit_state.values) == {"ascending", "descending"}
    assert (np.diff(dataset.time.values) > np.timedelta64(0)).all()
    assert dataset.sm.dims == ("time", "y", "x")
    assert 0.0 <= float(dataset.sm.min()) <= float(dataset.sm.max()) <= 0.6
    has_value = np.isfinite(dataset.sm.values)
    assert np.array_equal(has_value, np.isfinite(dataset.sm_uncertainty.values))
    assert (dataset.sm_quality.values[has_value] != 65535).all()


def test_maps_are_nearer_to_the_truth_than_chance(maps, world):
    comparison = compare_with_truth(maps, world.parent)
    score = comparison.scores["no flag, or stale optical only"]
    assert score.count > 10_000
    assert score.correlation > 0.25
    assert abs(score.bias) < 0.08


def test_water_has_no_value_and_says_so(maps, world):
    """The truth is NaN on water; optical pixels of 20 m may miss the shore."""
    for pair in compare_with_truth(maps, world.parent).pairs:
        water = binary_erosion(np.isnan(pair.truth), iterations=3) & (pair.quality != 65535)
        assert water.sum() > 50
        assert np.isnan(pair.sm[water]).mean() > 0.99
        fresh = water & ((pair.quality & 512) == 0)
        assert ((pair.quality[fresh] & 128) > 0).all()


def test_cog_cube_and_catalogue_agree(maps):
    dataset = smmap.open(maps)
    items = list(pystac.Catalog.from_file(maps / "catalog.json").get_items(recursive=True))
    found = [item for item in items if "sm" in item.assets]
    assert len(found) == dataset.sizes["time"]
    for item in found:
        with rasterio.open(item.assets["sm"].get_absolute_href()) as file:
            sm = file.read(1, masked=True).astype(float) * file.scales[0] + file.offsets[0]
            xs = file.bounds.left + 5 + 10 * np.arange(file.width)
            ys = file.bounds.top - 5 - 10 * np.arange(file.height)
        whole = dataset.sm.sel(time=np.datetime64(item.datetime.replace(tzinfo=None)))
        inside = whole.sel(x=xs, y=ys)
        np.testing.assert_allclose(sm.filled(np.nan), inside.values, atol=1e-9, equal_nan=True)
        assert int(whole.notnull().sum()) == int(inside.notnull().sum())


def test_cube_opens_with_xarray_alone(maps):
    catalog = pystac.Catalog.from_file(maps / "catalog.json")
    product = next(child for child in catalog.get_children() if child.id == "soil-moisture")
    tile = next(iter(product.get_children()))
    cube = xr.open_zarr(tile.assets["cube-2023"].get_absolute_href())
    assert cube.sm.attrs["standard_name"] == "volume_fraction_of_condensed_water_in_soil"
    assert cube.sm.attrs["grid_mapping"] == "spatial_ref"
    assert cube.sizes["y"] == cube.sizes["x"] == 10240
    assert cube.time.to_index().is_monotonic_increasing


def test_everything_reachable_is_whole(maps, validate_core):
    catalog = pystac.Catalog.from_file(maps / "catalog.json")
    checked = 0
    for item in catalog.get_items(recursive=True):
        validate_core(item)
        for asset in item.assets.values():
            if "file:checksum" in asset.extra_fields:
                path = Path(asset.get_absolute_href())
                assert "1220" + compute_sha256(path) == asset.extra_fields["file:checksum"]
                checked += 1
    assert checked > 10
    for folder, _, _ in catalog.walk():
        validate_core(folder)


@pytest.mark.realdata
def test_the_catalogue_fits_the_extension_schemas(maps, validate_all):
    catalog = pystac.Catalog.from_file(maps / "catalog.json")
    for folder, _, items in catalog.walk():
        for one in (folder, *items):
            validate_all(one)


def test_images_are_cogs(maps):
    for path in (maps / "soil-moisture").rglob("*.tif"):
        assert cog_validate(path, strict=True, quiet=True) == (True, [], [])


def test_a_second_run_changes_nothing(maps, world, digest_pixels):
    before = {path: path.stat().st_mtime_ns for path in maps.rglob("*.tif")}
    items = {path: path.read_bytes() for path in (maps / "soil-moisture").rglob("*.json")}
    result = smmap.run("local-stac", maps, changes=[f"catalog={world}"])
    assert result.receipts == ()
    assert result.kept == len({path.parent for path in before})
    assert before == {path: path.stat().st_mtime_ns for path in maps.rglob("*.tif")}
    assert items == {path: path.read_bytes() for path in (maps / "soil-moisture").rglob("*.json")}
    assert not list((maps / ".smmap/staging").iterdir())


@pytest.mark.parametrize("change", ["block=50", "threads=1", "block=64"])
def test_bytes_do_not_depend_on_how_the_work_is_cut(world, maps, tmp_path, digest_pixels, change):
    smmap.run("local-stac", tmp_path, changes=[f"catalog={world}", change])
    assert digest_pixels(tmp_path) == digest_pixels(maps)


def test_scenes_behind_a_stac_api_give_the_same_bytes(world, maps, tmp_path, digest_pixels):
    with serve_stac(world.parent) as address:
        result = smmap.run("local-stac", tmp_path, changes=[f"catalog={address}"])
    assert result.count("done") == len(smmap.open(maps).time)
    assert digest_pixels(tmp_path) == digest_pixels(maps)


def test_a_missing_folder_of_maps_is_said(tmp_path):
    with pytest.raises(ArchiveError, match="not an output"):
        smmap.open(tmp_path)


def test_a_search_without_scenes_says_where_it_looked(world, tmp_path):
    with pytest.raises(EmptySearchError, match=r"sentinel-1.*sentinel-1-grd.*catalog\.json"):
        smmap.run("local-stac", tmp_path / "out", changes=[f"catalog={world}"], period="2019-01-01")
    assert not (tmp_path / "out").exists()


def test_several_tiles(tmp_path):
    from smmap.simulate.world import simulate_world

    simulate_world(tmp_path / "world", tiles=2, days=6, size=64)
    changes = [f"catalog={tmp_path / 'world/catalog.json'}"]
    smmap.run("local-stac", tmp_path / "out", changes=changes)
    tree = smmap.open(tmp_path / "out")
    assert isinstance(tree, xr.DataTree)
    assert len(tree.leaves) == 2
    path = tree.leaves[0].path.removeprefix("/")
    for name in (path, path.removeprefix("utm-10m/")):
        assert smmap.open(tmp_path / "out", tile=name).sizes["time"] >= 2
    with pytest.raises(ArchiveError, match="no tile 'nowhere'"):
        smmap.open(tmp_path / "out", tile="nowhere")
    records = json.loads((tmp_path / "out/report/run.json").read_text())["units"]
    assert {record["status"] for record in records.values()} == {"done"}
