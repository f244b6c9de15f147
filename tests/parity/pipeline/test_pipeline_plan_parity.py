"""Planning against a plain one: every item a pystac object, every tile against every scene."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta

import pystac
import pytest
import shapely
from small_world import SmallWorld

from smmap.catalog.overpass import group_overpasses
from smmap.grid.area import clip_to_area
from smmap.pipeline.plan import plan_run
from smmap.pipeline.recipe import load_recipe
from smmap.product.footprint import compute_footprint as compute_outline
from smmap.simulate.catalogue import simulate_catalogue
from smmap.simulate.world import simulate_world
from smmap.spec.tile import Block
from smmap.version import PRODUCT_VERSION

SOURCES = {"sentinel1": "sentinel-1-grd", "sentinel2": "sentinel-2-l2a", "dem": "cop-dem-glo-30"}


def read_items(root):
    """All items by source, straight from pystac."""
    found = {key: [] for key in SOURCES}
    for item in pystac.Catalog.from_file(root).get_items(recursive=True):
        for key, collection in SOURCES.items():
            if item.collection_id == collection:
                found[key].append(item)
    return found


def times(item):
    if "start_datetime" in item.properties:
        start = datetime.fromisoformat(item.properties["start_datetime"])
        end = datetime.fromisoformat(item.properties["end_datetime"])
        return start, start + (end - start) / 2, end
    return (item.datetime,) * 3


def mark(item):
    if item.properties.get("updated"):
        return item.properties["updated"]
    assets = {
        key: {k: v for k, v in one.to_dict().items() if k != "href"}
        for key, one in item.assets.items()
    }
    sums = {k: one["file:checksum"] for k, one in assets.items() if "file:checksum" in one}
    content = sums or [item.properties, item.geometry, assets]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def describe(context):
    """The parts of a fingerprint that all units share, for a recipe that filters with Lee."""
    recipe = context.recipe
    card = {"inputs", "members", "missing", "radiometry", "aggregation", "output", "domain"}
    of_source = {"radiometry", "classes", "offset_rule", "looks", "cell"}
    of_band = {"units", "scale", "offset", "nodata", "index", "resampling"}
    despeckle = recipe.radar.despeckle.model_dump(mode="json")
    if recipe.radar.despeckle.method != "quegan":
        despeckle.pop("days")
    model = context.card.model_dump(mode="json", include=card)
    for column in model["inputs"]:  # none of these cards' inputs names one
        assert column.pop("source") is column.pop("join") is None
    return {
        "product": PRODUCT_VERSION,
        "model": model,
        "recipe": {
            "factor": 1,
            "min_weight": recipe.min_weight,
            "radar": recipe.radar.model_dump(mode="json", exclude={"despeckle"}),
            "despeckle": despeckle,
            "optical": recipe.optical.model_dump(mode="json", exclude={"max_cloud_cover"}),
            "slope_flag_deg": recipe.slope_flag_deg,
        },
        "sources": {
            key: one.model_dump(mode="json", include=of_source)
            | {
                "bands": {
                    name: one.bands[name].model_dump(mode="json", include=of_band)
                    for name in context.list_bands(key)
                }
            }
            for key, one in context.definitions.items()
        },
    }


def plan_plainly(root, plan, area=None):
    """Unit id -> fingerprint, inputs and area, over the tiles of ``plan``."""
    recipe, shared = plan.context.recipe, describe(plan.context)
    items = read_items(root)
    found = {}
    for tile in plan.found.tiles:
        outline = shapely.geometry.shape(compute_outline(Block.whole(tile.geobox))[0])
        near = {
            key: sorted(
                (
                    item
                    for item in members
                    if shapely.geometry.shape(item.geometry).intersection(outline).area > 0
                ),
                key=lambda item: (times(item)[1], item.id),
            )
            for key, members in items.items()
        }
        passes = group_overpasses(near["sentinel1"])
        for one in passes:
            ground = area or shapely.union_all(
                [shapely.geometry.shape(item.geometry) for item in one.items]
            )
            block = clip_to_area(tile, ground)
            if one.datetime not in plan.found.period or block is None:
                continue
            window = timedelta(days=recipe.optical.window_days)
            inputs = {
                "sentinel2": [
                    item
                    for item in near["sentinel2"]
                    if abs(times(item)[1] - one.datetime) <= window
                    and item.properties.get("eo:cloud_cover", 0) <= recipe.optical.max_cloud_cover
                ],
                "dem": sorted(near["dem"], key=lambda item: item.id),
            }
            if recipe.radar.despeckle.method == "quegan":
                reach = timedelta(days=recipe.radar.despeckle.days)
                inputs["sentinel1"] = [
                    item
                    for other in passes
                    if other.relative_orbit == one.relative_orbit
                    and timedelta(0) < one.datetime - other.datetime <= reach
                    for item in other.items
                ]
            affine = tile.geobox.affine
            content = shared | {
                "tile": [tile.key, str(tile.geobox.crs), *affine[:6], *tile.geobox.shape],
                "overpass": one.id,
                "inputs": {
                    key: sorted([item.id, mark(item)] for item in members)
                    for key, members in {"overpass": one.items, **inputs}.items()
                },
            }
            text = json.dumps(content, sort_keys=True, separators=(",", ":"))
            name = f"SMMAP_L4_SM_T{tile.id}_{one.id}_10m_v{PRODUCT_VERSION}"
            found[name] = (
                hashlib.sha256(text.encode()).hexdigest(),
                {key: [item.id for item in members] for key, members in inputs.items()},
                [item.id for item in one.items],
                block,
            )
    return found


def tell(plan):
    return {
        unit.id: (
            unit.fingerprint,
            {key: [item.id for item in items] for key, items in unit.inputs.items()},
            [item.id for item in unit.overpass.items],
            unit.area,
        )
        for unit in plan.units
    }


def check(root, *changes, bbox=None):
    plan = plan_run(load_recipe("local-stac", [f"catalog={root}", *changes], bbox=bbox))
    expected = plan_plainly(root, plan, None if bbox is None else shapely.box(*bbox))
    assert len(plan.units) > 0
    assert tell(plan) == expected
    order = [(task.tile.id, unit.overpass.datetime) for task in plan.tasks for unit in task.units]
    assert order == sorted(order)
    return plan


def test_a_catalogue_of_many_tiles(tmp_path):
    summary = simulate_catalogue(tmp_path / "scenes", tiles=10, days=30, seed=2)
    root = summary.folder / "catalog.json"
    plan = check(root)
    assert len(plan.found.tiles) > summary.tiles
    assert len(check(root, bbox=summary.bbox).found.tiles) == summary.tiles


def test_earlier_overpasses_for_the_multi_temporal_filter(tmp_path):
    summary = simulate_catalogue(tmp_path / "scenes", tiles=1, days=40)
    plan = check(summary.folder / "catalog.json", "radar.despeckle={method: quegan, days: 25}")
    assert max(len(unit.inputs["sentinel1"]) for unit in plan.units) > 1


def test_the_simulated_world(tmp_path):
    simulate_world(tmp_path / "world", tiles=2, days=9, size=64)
    check(tmp_path / "world/catalog.json")


@pytest.mark.parametrize("updated", [{}, {"updated": "2023-07-01T00:00:00Z"}])
def test_items_with_and_without_a_date_of_change(tmp_path, updated):
    world = SmallWorld(tmp_path)
    world.add_radar("S1A_one", **updated)
    world.add_radar("S1A_two", days=2.0, orbit=110)
    world.add_optical("S2A_one", days=0.5, **updated)
    world.add_optical("S2A_cloudy", days=0.6, **{"eo:cloud_cover": 95})
    check(world.write())


@pytest.mark.realdata
def test_real_scenes_of_belgium(shared_data):
    plan = check(shared_data / "belgium-2023/catalog.json")
    assert len(plan.units) == 10
