"""ERA5-Land beside the radar: inputs of a model, frost, and what is provisional until final."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
import xarray as xr
from pyproj import Transformer
from small_model import write_model
from small_reanalysis import RAIN_M_A_DAY, compute_moisture, write_era5_land
from small_world import SmallWorld

import smmap
from smmap.pipeline.plan import plan_run
from smmap.pipeline.recipe import load_recipe
from smmap.pipeline.run import run
from smmap.pipeline.standing import judge_plan
from smmap.spec.errors import ConfigError, EmptySearchError
from smmap.spec.quality import Quality
from smmap.store.checksum import compute_sha256

HOUR = {"rule": "nearest", "days_before": 0.05, "days_after": 0.05}
WEEK = {"rule": "mean", "days_before": 2}
MOISTURE = {
    "name": "era5",
    "feature": "quantity",
    "options": {"band": "soil_moisture"},
    "units": "m3 m-3",
    "source": "era5_land",
    "join": HOUR,
}
RAIN = {
    "name": "rain",
    "feature": "quantity",
    "options": {"band": "precipitation"},
    "units": "m d-1",
    "join": WEEK,
}
VV = {"name": "vv", "feature": "backscatter_db", "options": {"polarisation": "vv"}, "units": "dB"}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    world = SmallWorld(tmp_path_factory.mktemp("scenes"))
    world.add_radar("radar")
    world.add_optical("optical")
    return world.write()


def write_recipe(folder, scenes, era5_land, model="physics"):
    path = folder / "trial.yaml"
    path.write_text(
        f"name: trial\ncatalog: {scenes}\nmodel: {model}\n"
        "sources: {sentinel1: local-sentinel-1, sentinel2: local-sentinel-2, "
        "era5_land: cds-era5-land}\n"
        f"catalogs: {{era5_land: {era5_land}}}\n"
        "radar: {erode: 0, despeckle: {method: none}}\noptical: {window_days: 3}\n"
    )
    return path


def read_map(out):
    (item,) = [
        one
        for one in pystac.Catalog.from_file(str(out / "catalog.json")).get_items(recursive=True)
        if "sm" in one.assets
    ]
    with rasterio.open(item.assets["sm"].get_absolute_href()) as file:
        sm = file.read(1, masked=True).astype(float).filled(np.nan) * file.scales[0]
        transform, crs, shape = file.transform, file.crs, file.shape
    with rasterio.open(item.assets["sm_quality"].get_absolute_href()) as file:
        quality = file.read(1)
    cols, rows = np.meshgrid(np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5)
    lonlat = Transformer.from_crs(crs, 4326, always_xy=True).transform(*(transform @ (cols, rows)))
    return sm, quality, lonlat, item


def test_an_input_at_the_hour_of_the_overpass(tmp_path, scenes):
    model = write_model(tmp_path / "shown", [MOISTURE, VV])
    era5_land = write_era5_land(tmp_path / "era5")
    run(write_recipe(tmp_path, scenes, era5_land, model), tmp_path / "out")
    sm, quality, (lon, lat), item = read_map(tmp_path / "out")
    expected = compute_moisture(lon, lat, 24 * 2 + 6)
    assert np.isfinite(sm).all()
    np.testing.assert_allclose(sm, expected, atol=1.1e-4)  # packed in steps of 1e-4
    assert not (quality & (Quality.PROVISIONAL | Quality.SNOW_OR_FROZEN)).any()
    assert "era5_land: soil_moisture by nearest" in item.properties["processing:lineage"]
    assert "Copernicus Climate Change Service" in str(item.to_dict())


def test_rain_accumulated_from_midnight_is_a_daily_rate(tmp_path, scenes):
    model = write_model(tmp_path / "shown", [RAIN, VV], factor=10.0)
    era5_land = write_era5_land(tmp_path / "era5")
    run(write_recipe(tmp_path, scenes, era5_land, model), tmp_path / "out")
    sm, *_ = read_map(tmp_path / "out")
    np.testing.assert_allclose(sm, 10 * RAIN_M_A_DAY, atol=1.1e-4)


def test_frozen_ground_has_no_value(tmp_path, scenes):
    era5_land = write_era5_land(tmp_path / "era5", soil_k=271.0)
    result = run(write_recipe(tmp_path, scenes, era5_land), tmp_path / "out")
    assert result.count("empty") == 1


def digest_images(item):
    return {
        name: compute_sha256(Path(asset.get_absolute_href()))
        for name, asset in item.assets.items()
        if str(asset.media_type).startswith("image/tiff")
    }


def test_provisional_maps_say_so_until_the_final_data_come(tmp_path, scenes):
    model = write_model(tmp_path / "shown", [MOISTURE, VV])
    era5_land = write_era5_land(tmp_path / "era5", version="0005", more=0.05)
    recipe, out = write_recipe(tmp_path, scenes, era5_land, model), tmp_path / "out"
    run(recipe, out)
    early, quality, *_ = read_map(out)
    assert (quality == Quality.PROVISIONAL).all()
    (standing,) = judge_plan(plan_run(load_recipe(str(recipe))), out)
    assert standing.state == "done"

    write_era5_land(tmp_path / "era5")
    (standing,) = judge_plan(plan_run(load_recipe(str(recipe))), out)
    assert (standing.state, standing.reasons) == ("changed", ("ERA5-Land",))
    assert run(recipe, out).count("done") == 1
    final, quality, _, item = read_map(out)
    assert (quality == 0).all()
    np.testing.assert_allclose(early - final, 0.05, atol=2.1e-4)

    run(recipe, tmp_path / "fresh")
    images = digest_images(item)
    assert set(images) >= {"sm", "sm_quality"}
    assert images == digest_images(read_map(tmp_path / "fresh")[3])
    assert smmap.open(out).sm.equals(smmap.open(tmp_path / "fresh").sm)


def test_an_unused_source_is_not_searched(tmp_path, scenes):
    path = write_recipe(tmp_path, scenes, tmp_path / "none")
    text = path.read_text().replace("era5_land: cds-era5-land", "smap: files-smap-l3-enhanced")
    path.write_text(text)
    assert plan_run(load_recipe(str(path))).units


def test_a_source_that_is_missing_is_named(tmp_path, scenes):
    model = write_model(tmp_path / "shown", [MOISTURE, VV])
    path = write_recipe(tmp_path, scenes, tmp_path / "none", model)
    path.write_text(path.read_text().replace(", era5_land: cds-era5-land", ""))
    with pytest.raises(ConfigError, match=r"name a definition under sources\.era5_land"):
        plan_run(load_recipe(str(path)))


def test_what_changes_with_time_needs_a_join(tmp_path, scenes):
    model = write_model(tmp_path / "shown", [{**MOISTURE, "join": None}, VV])
    path = write_recipe(tmp_path, scenes, write_era5_land(tmp_path / "era5"), model)
    with pytest.raises(ConfigError, match="its input must name a 'join'"):
        plan_run(load_recipe(str(path)))


def test_the_same_bytes_however_the_work_is_cut(tmp_path, scenes, digest_pixels):
    model = write_model(tmp_path / "shown", [MOISTURE, VV])
    recipe = write_recipe(tmp_path, scenes, write_era5_land(tmp_path / "era5"), model)
    run(recipe, tmp_path / "whole")
    run(recipe, tmp_path / "cut", changes=["block=17", "threads=3"])
    assert digest_pixels(tmp_path / "whole") == digest_pixels(tmp_path / "cut")


def test_a_search_that_finds_nothing_tells_what_there_is(scenes, tmp_path):
    model = write_model(tmp_path / "shown", [VV, MOISTURE])
    weather = tmp_path / "weather"
    weather.mkdir()
    (weather / "download.zip").write_bytes(b"PK")
    path = write_recipe(tmp_path, scenes, weather, model)
    with pytest.raises(EmptySearchError, match=r"such as 'download\.zip'.*unpack"):
        plan_run(load_recipe(str(path)))
    write_era5_land(weather)
    (data,) = weather.glob("*.nc")
    with xr.open_dataset(data) as held:
        far = held.load().assign_coords(longitude=held.longitude + 60)
    far.to_netcdf(data)
    there = r"where there is 2023-05-30T00:00:00Z/.* over \(63\.95, 49\.95, 67\.05, 52\.05\)"
    with pytest.raises(EmptySearchError, match=there):
        plan_run(load_recipe(str(path)))
