"""Indexes: extents, summaries, links, and that they validate."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pystac
import pytest

from smmap.product.collections import (
    compute_model_collection,
    compute_product_collection,
    compute_root_catalog,
    compute_tile_collection,
    compute_year_catalog,
)
from smmap.product.document import encode_document
from smmap.product.item import compute_item
from smmap.product.model_item import compute_model_item

CUBES = {
    "2023": "cubes/utm-10m/31N_6_54/2023/abc.zarr",
    "2024": "cubes/utm-10m/31N_6_54/2024/def.zarr",
}


@pytest.fixture
def items(unit, facts):
    later = replace(
        unit.overpass,
        datetime=unit.overpass.datetime + timedelta(days=366),
        orbit_state="ascending",
        relative_orbit=88,
    )
    return [compute_item(unit, facts), compute_item(replace(unit, overpass=later), facts)]


@pytest.fixture
def tile_collection(items):
    return compute_tile_collection("utm-10m/31N_6_54", items, CUBES)


def hrefs(one, rel):
    return [link.target for link in one.get_links(rel)]


def make_all(items, tile_collection, card):
    model = compute_model_item(card, "a", datetime(2024, 1, 1, tzinfo=UTC))
    return [
        tile_collection,
        compute_product_collection([tile_collection]),
        compute_year_catalog("utm-10m/31N_6_54", 2023, [items[0].id]),
        compute_root_catalog(["soil-moisture/collection.json", "models/collection.json"]),
        compute_model_collection([model]),
    ]


def test_core_schemas(items, tile_collection, card, validate_core):
    for one in make_all(items, tile_collection, card):
        validate_core(one)


@pytest.mark.realdata
def test_all_schemas(items, tile_collection, card, validate_all):
    for one in make_all(items, tile_collection, card):
        validate_all(one)


def test_tile_collection(items, tile_collection):
    interval = tile_collection.extent.temporal.intervals[0]
    assert interval == [items[0].datetime, items[1].datetime]
    assert tile_collection.extent.spatial.bboxes[0] == items[0].bbox
    summaries = tile_collection.summaries.to_dict()
    assert summaries["sat:orbit_state"] == ["ascending", "descending"]
    assert summaries["sat:relative_orbit"] == [37, 88]
    assert summaries["proj:code"] == ["EPSG:32631"]
    assert hrefs(tile_collection, "child") == ["2023/catalog.json", "2024/catalog.json"]
    assert hrefs(tile_collection, "parent") == ["../../collection.json"]
    assert tile_collection.extra_fields["item_assets"]["sm"]["raster:scale"] == 0.0001


def test_cubes_are_assets(tile_collection):
    cube = tile_collection.assets["cube-2023"]
    assert cube.href == "../../../cubes/utm-10m/31N_6_54/2023/abc.zarr"
    assert cube.media_type == "application/vnd.zarr; version=3"
    assert cube.roles == ["data"]
    assert set(tile_collection.assets) == {"cube-2023", "cube-2024"}


def test_items_belong_to_the_tile_collection(items, tile_collection):
    assert items[0].collection_id == tile_collection.id


def test_product_collection(tile_collection):
    product = compute_product_collection([tile_collection])
    assert product.extent.temporal.intervals == tile_collection.extent.temporal.intervals
    assert hrefs(product, "child") == ["utm-10m/31N_6_54/collection.json"]
    assert hrefs(product, "root") == ["../catalog.json"]


def test_product_collection_from_files(tile_collection):
    again = pystac.Collection.from_dict(json.loads(encode_document(tile_collection)))
    one, other = compute_product_collection([tile_collection]), compute_product_collection([again])
    assert encode_document(one) == encode_document(other)


@pytest.mark.parametrize(
    "boxes, expected",
    [
        ([[1, 2, 3, 4], [0, 3, 2, 5]], [0, 2, 3, 5]),
        ([[179, 0, -179, 1], [-179, 0, -178, 1], [170, -1, 171, 0]], [170, -1, -178, 1]),
        ([[179, 0, -179, 1], [170, -1, 171, 0]], [170, -1, -179, 1]),
        ([[178, 0, 180, 1], [-180, 0, -178, 1]], [178, 0, -178, 1]),
        ([[176, 0, 178, 1], [-178, 0, -176, 1]], [176, 0, -176, 1]),
        ([[-60, 0, -58, 1], [20, 0, 22, 1]], [-60, 0, 22, 1]),
    ],
)
def test_boxes_unite_across_the_antimeridian(items, boxes, expected):
    parts = []
    for box in boxes:
        item = items[0].clone()
        item.bbox = box
        parts.append(compute_tile_collection("utm-10m/31N_6_54", [item], {}))
    assert compute_product_collection(parts).extent.spatial.bboxes == [expected]


def test_year_catalog():
    catalog = compute_year_catalog("utm-10m/31N_6_54", 2023, ["b", "a"])
    assert hrefs(catalog, "item") == ["a/a.json", "b/b.json"]
    assert hrefs(catalog, "root") == ["../../../../catalog.json"]


def test_root():
    root = compute_root_catalog(["soil-moisture/collection.json"])
    assert hrefs(root, "child") == ["soil-moisture/collection.json"]
    assert hrefs(root, "root") == ["catalog.json"]
