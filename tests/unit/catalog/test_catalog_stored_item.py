"""Stored items are what pystac reads, in little memory and in other processes."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pystac
import pytest
from catalog_items import DOCUMENT
from hypothesis import given
from hypothesis import strategies as st

from smmap.catalog.candidate import mark_version, read_candidate
from smmap.catalog.definitions import load_definition
from smmap.catalog.footprint import compute_footprint, compute_time
from smmap.catalog.left_out import collect_left_out
from smmap.catalog.plain_item import parse_plain
from smmap.catalog.reading import read_item
from smmap.catalog.stored_item import Snapshot


def read(document, href="/scenes/a/a.json"):
    definition = load_definition("local-sentinel-1")
    return read_item(json.dumps(document), definition, Snapshot(), place="here", href=href)


def test_a_stored_item_is_what_pystac_reads():
    whole = pystac.Item.from_dict(DOCUMENT, href="/scenes/a/a.json")
    whole.make_asset_hrefs_absolute()
    item = read(DOCUMENT).item
    assert isinstance(item, pystac.Item)
    assert item.to_dict() == whole.to_dict()
    assert item.get_self_href() == whole.get_self_href() == "/scenes/a/a.json"
    assert item.assets["vv"].get_absolute_href() == "/scenes/a/vv.tif"
    assert item.common_metadata.platform == "sentinel-1a"
    assert mark_version(item) == mark_version(whole)
    assert not hasattr(item, "no_such_thing")


def test_a_stored_item_takes_its_content_to_another_process():
    item = read(DOCUMENT).item
    before = item.to_dict()
    many = pickle.dumps([item, item, item])
    assert len(many) < len(pickle.dumps(item)) + 100
    first, second, _ = pickle.loads(many)
    assert first is second
    assert first.to_dict() == before
    assert pickle.loads(pickle.dumps(first)).to_dict() == before


@pytest.mark.parametrize(
    "change",
    [
        {"stac_version": "1.0.0-beta.2"},
        {"type": "Collection"},
        {"id": 5},
        {"assets": {"vv": {}}},
        {"properties": {}},
        {"properties": {"datetime": "2023-04-01T24:00:00Z"}},
        {"properties": {"datetime": "2023-04-01"}},
        {"properties": {"datetime": "2023-13-01T00:00:00Z"}},
        {"properties": {"datetime": None}},
    ],
)
def test_what_is_not_plain_is_left_to_pystac(change):
    assert parse_plain(DOCUMENT | change, None) is None


@pytest.mark.parametrize("broken", [{"properties": {}}, {"assets": {"vv": {}}}, {"type": "Map"}])
def test_a_broken_item_costs_itself(broken):
    with collect_left_out() as reasons:
        assert read(DOCUMENT | broken) is None
    assert len(reasons) == 1
    assert "here" in reasons[0]


FACTS = ["id", "start", "middle", "end", "updated", "footprint", "cloud_cover", "platform"]
FACTS += ["state", "absolute", "relative", "assets", "polarizations", "day"]
boxes = st.tuples(st.floats(-179, 170), st.floats(-80, 70), st.floats(0.1, 9), st.floats(0.1, 9))


@given(
    box=boxes,
    moment=st.datetimes(),
    updated=st.none() | st.datetimes().map(lambda one: one.isoformat() + "Z"),
    orbit=st.none() | st.integers(-1, 200) | st.just("110"),
    cover=st.none() | st.floats(0, 100),
    version=st.sampled_from(["1.0.0", "1.1.0", "1.0.0-beta.2"]),
    spans=st.booleans(),
)
def test_the_short_way_reads_what_the_long_way_reads(
    box, moment, updated, orbit, cover, version, spans
):
    west, south, width, height = box
    ring = [
        [west, south],
        [west + width, south],
        [west + width, south + height],
        [west, south + height],
        [west, south],
    ]
    text = moment.isoformat() + "Z"
    stated = {
        "datetime": text,
        "updated": updated,
        "sat:relative_orbit": orbit,
        "eo:cloud_cover": cover,
        **({"start_datetime": text, "end_datetime": text} if spans else {}),
    }
    document = DOCUMENT | {
        "stac_version": version,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [west, south, west + width, south + height],
        "properties": {key: value for key, value in stated.items() if value is not None},
    }
    whole = pystac.Item.from_dict(json.loads(json.dumps(document)))
    short, long = read(document), read_candidate(whole, whole)
    assert mark_version(short.item) == mark_version(whole)
    for name in FACTS:
        assert getattr(short, name) == getattr(long, name), name


@pytest.mark.realdata
def test_real_items_by_the_short_way(shared_data):
    paths = list((shared_data / "stac-items").rglob("*.json"))
    compared = 0
    for path in paths:
        compared += _compare(path)
    assert compared > 40


def _compare(path: Path) -> bool:
    document = json.loads(path.read_bytes())
    plain = parse_plain(document, str(path)) if isinstance(document, dict) else None
    if plain is None:
        return False
    whole = pystac.Item.from_file(str(path))
    assert compute_time(plain) == compute_time(whole)
    assert compute_footprint(plain) == compute_footprint(whole)
    for key in ("eo:cloud_cover", "platform", "updated", "sat:relative_orbit"):
        assert plain.properties.get(key) == whole.properties.get(key)
    assert [*plain.documents] == [*whole.assets]
    return True
