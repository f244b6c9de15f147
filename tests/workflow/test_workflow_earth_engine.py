"""One world twice: as files of a static STAC, and as images of Earth Engine."""

from __future__ import annotations

import json

import numpy as np
import pystac
import pytest
import rasterio
import yaml
from earth_engine_server import serve_earth_engine
from earth_engine_world import StubBand
from study_images import make_image

import smmap
from smmap.data import get_folder
from smmap.pipeline.estimate import estimate_plan
from smmap.pipeline.plan import plan_run
from smmap.pipeline.recipe import load_recipe
from smmap.simulate.world import simulate_world
from smmap.spec.errors import ConfigError

COLLECTIONS = {
    "sentinel-1-grd": "COPERNICUS/S1_GRD_FLOAT",
    "sentinel-2-l2a": "COPERNICUS/S2_SR_HARMONIZED",
    "cop-dem-glo-30": "COPERNICUS/DEM/GLO30",
}
BANDS = {"vv": "VV", "vh": "VH", "data": "DEM", "blue": "B2", "green": "B3", "red": "B4"}
BANDS |= {"nir": "B8", "swir16": "B11", "swir22": "B12", "scl": "SCL"}


def upload(world):
    """The world's scenes as Google keeps them: nodata masked, Sentinel-2 without its offset."""
    for path in sorted(world.glob("*/*/*.json")):
        item = json.loads(path.read_text())
        bands = {}
        for key, asset in item["assets"].items():
            with rasterio.open(path.parent / asset["href"]) as file:
                stored = file.read(1, masked=True)
                if stored.dtype == np.uint16:
                    stored = stored.astype(np.int32) - 1000
                bands[BANDS[key]] = StubBand(stored, file.crs.to_string(), file.transform)
        # The world's radar has no angle band: its mean is taken along, so that both see one angle.
        yield make_image(f"{COLLECTIONS[item['collection']]}/{item['id']}", item, bands)


def write_optical_definition(folder):
    """The packaged one with a class band alone: the world has no cloud score."""
    text = (get_folder("catalogs") / "earth-engine-sentinel-2-l2a.yaml").read_text()
    content = yaml.safe_load(text)
    for key in ("valid", "water", "snow"):
        del content[key]
    del content["bands"]["cloud_score"]
    content["classes"] = {"band": "scl", "clear": [4, 5, 6, 7, 11], "water": [6], "snow": [11]}
    content["id"] = "earth-engine-optical"
    path = folder / "earth-engine-optical.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def read_maps(out):
    """Soil moisture, its uncertainty and quality bits by item and asset."""
    catalog = pystac.Catalog.from_file(out / "catalog.json")
    maps = {}
    for item in catalog.get_items(recursive=True):
        for key in ("sm", "sm_uncertainty", "sm_quality"):
            if key in item.assets:
                with rasterio.open(item.assets[key].get_absolute_href()) as file:
                    maps[item.id, key] = file.read(1)
    return maps


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    simulate_world(folder, days=8, seed=5, size=96)
    return folder


@pytest.fixture(scope="module")
def expected(world, tmp_path_factory):
    """The maps of the files."""
    out = tmp_path_factory.mktemp("files") / "out"
    smmap.run("local-stac", out, changes=[f"catalog={world / 'catalog.json'}"])
    return read_maps(out)


@pytest.fixture(scope="module")
def changes(tmp_path_factory):
    """What turns the recipe to Earth Engine."""
    return [
        "sources.sentinel1=earth-engine-sentinel-1-float",
        f"sources.sentinel2={write_optical_definition(tmp_path_factory.mktemp('definition'))}",
        "sources.dem=earth-engine-cop-dem-glo-30",
    ]


def check_equal(found, expected):
    assert len(expected) >= 3 * 3
    assert expected.keys() == found.keys()
    for name, values in expected.items():
        if name[1] == "sm_quality":
            assert np.mean(values == found[name]) == 1
        else:  # the offset was taken off before the number was stored: half a unit of rounding
            assert np.abs(values.astype(int) - found[name].astype(int)).max() <= 1, name


def test_maps_are_those_of_the_files(world, expected, changes, tmp_path, monkeypatch):
    with serve_earth_engine(upload(world)) as server:
        monkeypatch.setenv("SMMAP_EARTH_ENGINE_URL", server.address)
        server.faults = [429, "reset", 503]
        smmap.run("local-stac", tmp_path, changes=changes)
        answers = len(server.grids)
        planned = estimate_plan(plan_run(load_recipe("local-stac", changes)), rate=1e6)
    check_equal(read_maps(tmp_path), expected)
    # One block: both polarisations of an overpass; of a scene that is not too cloudy, red with near
    # infrared, and classes of 20 m; terrain.
    overpasses = len(list(world.glob("sentinel-1-grd/*/*.json")))
    optical = [json.loads(one.read_text()) for one in world.glob("sentinel-2-l2a/*/*.json")]
    clear = [one for one in optical if one["properties"]["eo:cloud_cover"] <= 90]
    assert answers == overpasses + 2 * len(clear) + 1
    assert planned["totals"]["earth_engine_requests"] == answers


def test_a_plan_counts_what_a_run_asks_for(world, changes, tmp_path, monkeypatch):
    with serve_earth_engine(upload(world)) as server:
        monkeypatch.setenv("SMMAP_EARTH_ENGINE_URL", server.address)
        several = [*changes, "block=64"]
        planned = estimate_plan(plan_run(load_recipe("local-stac", several)), rate=1e6)
        smmap.run("local-stac", tmp_path, changes=several)
        assert planned["totals"]["earth_engine_requests"] == len(server.grids) > 30


def test_a_killed_key_stops_the_run_and_a_rerun_completes_it(
    world, expected, changes, tmp_path, monkeypatch
):
    with serve_earth_engine(upload(world)) as server:
        monkeypatch.setenv("SMMAP_EARTH_ENGINE_URL", server.address)
        server.most_pixels = 3
        with pytest.raises(ConfigError, match="refuses these credentials"):
            smmap.run("local-stac", tmp_path, changes=changes)
        server.most_pixels = None
        smmap.run("local-stac", tmp_path, changes=changes)
    check_equal(read_maps(tmp_path), expected)
