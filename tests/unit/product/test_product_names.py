"""Ids, file names and places."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from smmap.product.layout import LAYOUT, compute_relative
from smmap.product.names import compute_file_stem, compute_item_id, compute_model_id, compute_year
from smmap.spec.card import Domain
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


def test_model_id_changes_with_all_that_decides_pixels(card):
    def change(one, **fields):
        return one.model_copy(update=fields)

    first = compute_model_id(card)
    assert re.fullmatch(r"physics-1\.0-[0-9a-f]{8}", first)
    vv, ndvi = card.inputs
    deciding = [
        {"members": (card.members[0], change(card.members[1], sha256="9" * 64))},
        {"members": (card.members[0], change(card.members[1], weight=2.0))},
        {"inputs": (ndvi, vv)},
        {"inputs": (change(vv, training_range=(-25, 0)), ndvi)},
        {"inputs": (change(vv, scaling=change(vv.scaling, low=-25)), ndvi)},
        {"missing": "model"},
        {"radiometry": "gamma0_terrain"},
        {"aggregation": "mean_db"},
        {"output": change(card.output, valid_range=(0.0, 0.5))},
        {"domain": Domain(file="domain.npz", sha256="3" * 64, inputs=("vv",))},
    ]
    ids = [compute_model_id(change(card, **fields)) for fields in deciding]
    assert len({first, *ids}) == 1 + len(deciding)
    words = {"title": "other", "metrics": {"rmse": 0.1}, "expectations": "fair"}
    assert compute_model_id(change(card, **words)) == first


def test_paths(unit):
    folder = f"soil-moisture/utm-10m/31N_6_54/2023/{unit.id}"
    assert LAYOUT.item(unit) == f"{folder}/{unit.id}.json"
    assert LAYOUT.pixels(unit, "0123456789abcdef") == f"{folder}/01234567"
    assert LAYOUT.tile_collection("t") == "soil-moisture/t/collection.json"
    assert LAYOUT.year_catalog("t", 2023) == "soil-moisture/t/2023/catalog.json"
    assert LAYOUT.cube("t", "2023", "abc") == "cubes/t/2023/abc.zarr"
    assert LAYOUT.model("physics-1.0") == "models/physics-1.0/physics-1.0.json"
    assert LAYOUT.failed("x") == ".smmap/failed/x.json"


def test_relative_links(unit):
    assert compute_relative("catalog.json", LAYOUT.item(unit)) == "../../../../../catalog.json"
    assert compute_relative("a/b.json", "a/c.json") == "b.json"
