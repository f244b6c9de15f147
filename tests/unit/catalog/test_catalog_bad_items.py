"""Items that something is wrong with: each costs itself alone, and says why."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime

import pytest
import shapely
from documented_items import load_documented, write_catalog

from smmap.catalog.bands import find_obstacle
from smmap.catalog.companions import find_scenes
from smmap.catalog.definitions import load_definition
from smmap.catalog.left_out import collect_left_out
from smmap.catalog.reading import read_item
from smmap.catalog.static import StaticCatalog
from smmap.catalog.stored_item import Snapshot
from smmap.pipeline.scenes import resolve_scene
from smmap.spec.errors import SceneError

NAME = "usgs-landsat-c2-l1"
BOX = (9.9, 45.9, 11.4, 46.9)


def search(folder, **changes):
    """A good item and a changed copy of it; what is found, and why the other is not."""
    (good,) = load_documented(NAME)
    bad = copy.deepcopy(good) | {"id": "bad"}
    for key, value in changes.items():
        if key == "properties":
            bad["properties"].update(value)
        elif value is None:
            del bad[key]
        else:
            bad[key] = value
    catalog = StaticCatalog(write_catalog(folder, [good, bad]))
    with collect_left_out() as left_out:
        found = find_scenes(catalog, load_definition(NAME), BOX, None)
    return [one for one in found if one.id == "bad"], len(found), left_out


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"properties": {"datetime": None}}, "datetime"),
        ({"properties": {"datetime": "yesterday"}}, "bad.json cannot be read"),
        ({"properties": {"datetime": "2016-12-31T23:59:60Z"}}, "second must be in 0..59"),
        ({"geometry": None, "bbox": None}, "geometry"),
        ({"geometry": {"type": "Polygon", "coordinates": []}}, "footprint"),
        (
            {"geometry": shapely.geometry.mapping(shapely.box(45.9, 9.9, 46.9, 11.4))},
            "geometry at 9.9..11.4 and bbox at 45.9..46.9",
        ),
        ({"stac_version": None}, "bad.json"),
        ({"id": 7}, "7.json cannot be read as a STAC document (TypeError: its id"),
        ({"assets": {"red": {"href": 5}}}, "bad.json cannot be read"),
        ({"assets": {"red": {"href": ["a.tif"]}}}, "bad.json cannot be read"),
        ({"collection": ["usgs-landsat-c2-l1"]}, "its collection"),
        ({"stac_extensions": 3}, "bad.json"),
        ({"stac_extensions": [["a"]]}, "bad.json"),
    ],
)
def test_missing_or_wrong_fields_cost_the_item_alone(tmp_path, changes, reason):
    bad, count, left_out = search(tmp_path, **changes)
    assert (bad, count) == ([], 1)
    assert len(left_out) == 1
    assert reason in left_out[0]


@pytest.mark.parametrize(
    "text",
    ["2023-04-14T12:05:46+02:00", "2023-04-14T10:05:46Z", "2023-04-14T10:05:46.000000+00:00"],
)
def test_times_of_any_zone_are_the_same_instant(tmp_path, text):
    ((bad,), _, left_out) = search(tmp_path, properties={"datetime": text})
    assert bad.middle == datetime(2023, 4, 14, 10, 5, 46, tzinfo=UTC)
    assert not left_out


def test_a_box_alone_is_enough(tmp_path):
    ((bad,), _, left_out) = search(tmp_path, geometry=None)
    assert bad.footprint.equals(shapely.box(*BOX))
    assert not left_out


def test_a_relative_address_without_a_place_costs_its_item_alone():
    """As an API gives that names no link of the item's own."""
    (item,) = load_documented(NAME)
    item = copy.deepcopy(item) | {"links": []}
    item["assets"] = {key: {"href": f"./{key}.TIF"} for key in item["assets"]}
    definition = load_definition(NAME)
    found = read_item(json.dumps(item), definition, Snapshot(), place="a server")
    with pytest.raises(SceneError, match=r"address '\./red\.TIF' of asset 'red' is relative"):
        resolve_scene(found.item, definition, ["red"])


def test_an_item_without_assets_says_what_it_lacks(tmp_path):
    ((bad,), _, _) = search(tmp_path, assets=None)
    reason = find_obstacle(bad, load_definition(NAME), ["red", "qa_pixel"])
    assert reason == "no asset for red, qa_pixel"
