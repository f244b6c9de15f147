"""Ids, file names and places."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from smmap.product.layout import LAYOUT, compute_relative
from smmap.product.names import compute_file_stem, compute_item_id, compute_model_id, compute_year
from smmap.version import PRODUCT_VERSION


def test_item_id_has_no_time(unit):
    later = replace(unit.overpass, datetime=unit.overpass.datetime + timedelta(minutes=1))
    assert compute_item_id("31N_6_54", later, "10m") == unit.id
    assert unit.id == f"SMMAP_L4_SM_T31N_6_54_sentinel-1a-047918_10m_v{PRODUCT_VERSION}"


def test_file_stem(unit):
    stem = compute_file_stem("31N_6_54", unit.overpass, "10m")
    assert stem == f"SMMAP_L4_SM_T31N_6_54_20230402T054023Z_sentinel-1a_10m_v{PRODUCT_VERSION}"


def test_year_is_utc(unit):
    east = timezone(timedelta(hours=9))
    moment = datetime(2024, 1, 1, 3, tzinfo=east)
    assert compute_year(replace(unit.overpass, datetime=moment)) == 2023


def test_model_id_changes_with_its_files(card):
    first = compute_model_id(card)
    assert first.startswith("physics-1.0-")
    members = (card.members[0], card.members[1].model_copy(update={"sha256": "9" * 64}))
    assert compute_model_id(card.model_copy(update={"members": members})) != first
    assert compute_model_id(card.model_copy(update={"title": "other"})) == first


def test_paths(unit):
    folder = f"soil-moisture/31N_6_54/2023/{unit.id}"
    assert LAYOUT.item(unit) == f"{folder}/{unit.id}.json"
    assert LAYOUT.pixels(unit) == f"{folder}/{unit.fingerprint[:8]}"
    assert LAYOUT.cube_slice(unit) == f"{folder}/{unit.fingerprint[:8]}/slice.zarr"
    assert LAYOUT.tile_collection("31N_6_54") == "soil-moisture/31N_6_54/collection.json"
    assert LAYOUT.year_catalog("31N_6_54", 2023) == "soil-moisture/31N_6_54/2023/catalog.json"
    assert LAYOUT.cube("31N_6_54", "2023", "abc") == "cubes/31N_6_54/2023/abc.zarr"
    assert LAYOUT.model("physics-1.0") == "models/physics-1.0/physics-1.0.json"
    assert LAYOUT.failed("x") == ".smmap/failed/x.json"


def test_relative_links(unit):
    assert compute_relative("catalog.json", LAYOUT.item(unit)) == "../../../../catalog.json"
    assert compute_relative("a/b.json", "a/c.json") == "b.json"
