"""Where a recipe names Landsat and no Sentinel-2, Landsat tells of plants, water and snow."""

from __future__ import annotations

import numpy as np
import pystac
import pytest
import rasterio
from small_model import write_model
from small_world import SmallWorld

import smmap
from smmap.pipeline.estimate import estimate_plan
from smmap.pipeline.plan import plan_run
from smmap.pipeline.recipe import load_recipe
from smmap.spec.quality import Quality

VV = {"name": "vv", "feature": "backscatter_db", "options": {"polarisation": "vv"}, "units": "dB"}
WATER, SNOW, CLOUD = 1 << 7, 1 << 5, 1 << 3
LAND = 21824


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Columns: 12 of meadow (NDVI 0.8), 12 of stubble (0.43), 12 of lake, 6 snow, 6 cloud."""
    world = SmallWorld(tmp_path_factory.mktemp("scenes"))
    world.add_radar("S1A_ONE")
    kinds = np.repeat(np.arange(5), [12, 12, 12, 6, 6])
    qa = np.array([LAND, LAND, LAND | WATER, LAND | SNOW, LAND | CLOUD])[kinds]
    nir = np.array([0.36, 0.10, 0.02, 0.6, 0.6])[kinds]
    red = np.array([0.04, 0.04, 0.04, 0.7, 0.7])[kinds]
    world.add_landsat("LC08_ONE", days=-1, red=red, nir=nir, qa=qa)
    return world.write()


@pytest.fixture(scope="module")
def changes(world, tmp_path_factory):
    """A model of the radar alone."""
    model = write_model(tmp_path_factory.mktemp("model") / "shown", [VV], factor=-0.02)
    return [
        f"catalog={world}",
        f"model={model}",
        "sources.sentinel2=null",
        "sources.dem=null",
        "radar.despeckle.method=none",
        "radar.erode=0",
    ]


def read_quality(out):
    items = pystac.Catalog.from_file(out / "catalog.json").get_items(recursive=True)
    (item,) = [one for one in items if "sm_quality" in one.assets]
    with rasterio.open(item.assets["sm_quality"].get_absolute_href()) as file:
        return file.read(1), item.properties


def test_landsat_sets_the_bits(changes, tmp_path):
    smmap.run("local-stac", tmp_path, changes=[*changes, "sources.landsat=local-landsat"])
    quality, properties = read_quality(tmp_path)
    for bit, columns in [
        (Quality.DENSE_VEGETATION, np.s_[:12]),
        (Quality.WATER, np.s_[24:36]),
        (Quality.SNOW_OR_FROZEN, np.s_[36:42]),
    ]:
        expected = np.zeros(48, bool)
        expected[columns] = True
        np.testing.assert_array_equal((quality & bit > 0).all(axis=0), expected, err_msg=str(bit))
        np.testing.assert_array_equal((quality & bit > 0).any(axis=0), expected, err_msg=str(bit))
    stale = (quality & Quality.STALE_OPTICAL > 0).all(axis=0)
    np.testing.assert_array_equal(np.flatnonzero(stale), np.arange(42, 48))  # nothing is known
    assert "optical" in properties["processing:lineage"]


def test_without_any_optical_source_nothing_is_said_of_plants(changes, tmp_path):
    smmap.run("local-stac", tmp_path, changes=changes)
    quality, _ = read_quality(tmp_path)
    assert not quality.any()


def test_landsat_counts_in_the_plan(changes):
    """One scene of three bands at 30 m under the area at 10 m; radar is two bands."""
    planned = estimate_plan(
        plan_run(load_recipe("local-stac", [*changes, "sources.landsat=local-landsat"])), rate=1e6
    )["totals"]
    assert planned["landsat_scenes"] == 1
    assert planned["bytes_read"] == 4 * (2 * planned["pixels"] + 3 * round(planned["pixels"] / 9))
