"""A server that answers otherwise than it was asked; catalogues that number scenes alike."""

from __future__ import annotations

import copy
import json

import pytest
from documented_items import load_documented, write_catalog
from page_server import serve_pages

from smmap.catalog.api import ApiCatalog
from smmap.catalog.definitions import load_definition
from smmap.catalog.left_out import collect_left_out
from smmap.catalog.static import WORLD, StaticCatalog
from smmap.pipeline.unique_ids import check_ids
from smmap.spec.errors import CatalogError

NAME = "usgs-landsat-c2-l1"
SEARCH = "https://api.stacspec.org/v1.0.0/item-search"


def write_api(folder, address, items, following=()):
    """The root of an API, and the one answer that it has for every search."""
    root = {
        "type": "Catalog",
        "stac_version": "1.0.0",
        "id": "api",
        "description": "d",
        "conformsTo": [SEARCH],
        "links": [
            {"rel": "self", "href": f"{address}/root"},
            {"rel": "search", "href": f"{address}/search", "type": "application/geo+json"},
        ],
    }
    links = [{"rel": "next", "href": f"{address}/{one}"} for one in following]
    page = {"type": "FeatureCollection", "features": items, "links": links}
    (folder / "root").write_text(json.dumps(root))
    (folder / "search").write_text(json.dumps(page))


def test_scenes_of_collections_that_nobody_asked_for_are_not_used(tmp_path):
    """Level 2 under the definition of level 1: the same names of assets, other numbers."""
    (good,) = load_documented(NAME)
    foreign = copy.deepcopy(good) | {"id": "level-2", "collection": "landsat-c2l2-sr"}
    nameless = {key: value for key, value in good.items() if key != "collection"}
    with serve_pages(tmp_path) as pages, collect_left_out() as left_out:
        write_api(tmp_path, pages.address, [good, foreign, nameless | {"id": "nameless"}])
        found = ApiCatalog(f"{pages.address}/root").find(load_definition(NAME), WORLD, None)
    assert {one.id for one in found} == {good["id"], "nameless"}
    assert len(left_out) == 1
    assert "also gave scenes of collection 'landsat-c2l2-sr'" in left_out[0]


def test_pages_that_lead_back_to_themselves_are_not_followed_for_ever(tmp_path):
    with serve_pages(tmp_path) as pages:
        write_api(tmp_path, pages.address, load_documented(NAME), ["search?token=1"])
        catalog = ApiCatalog(f"{pages.address}/root")
        with pytest.raises(CatalogError, match="gives one page of scenes again and again"):
            catalog.find(load_definition(NAME), WORLD, None)


def test_an_item_that_lacks_what_the_definition_asks_for_says_so(tmp_path):
    (good,) = load_documented(NAME)
    bad = copy.deepcopy(good) | {"id": "bad"}
    del bad["properties"]["platform"]
    older = copy.deepcopy(good) | {"id": "older"}
    older["properties"]["platform"] = "LANDSAT_7"
    catalog = StaticCatalog(write_catalog(tmp_path, [good, bad, older]))
    with collect_left_out() as left_out:
        found = catalog.find(load_definition(NAME), WORLD, None)
    assert [one.id for one in found] == [good["id"]]
    assert len(left_out) == 1
    assert left_out[0].startswith("item bad: says nothing of platform")


def make_twins(collection, other, name="N46E010"):
    """Two items of one id, of which the other collection's is newer."""
    (tile, *_) = load_documented("planetary-computer-nasadem")
    twins = [copy.deepcopy(tile) | {"id": name, "collection": one} for one in (collection, other)]
    twins[1]["properties"]["updated"] = "2026-01-01T00:00:00Z"
    return twins


def find_twins(folder, items, **changes):
    for number, item in enumerate(items):
        (folder / str(number)).mkdir(parents=True)
        write_catalog(folder / str(number), [item])
    links = [{"rel": "child", "href": f"./{one}/catalog.json"} for one in range(len(items))]
    root = {"type": "Catalog", "stac_version": "1.0.0", "id": "c", "description": "c"}
    (folder / "catalog.json").write_text(json.dumps(root | {"links": links}))
    names = tuple(item["collection"] for item in items)
    changes = {"collections": names, "companions": ()} | changes
    definition = load_definition("local-dem").model_copy(update=changes)
    return StaticCatalog(str(folder)).find(definition, WORLD, None)


def test_tiles_that_two_elevation_models_call_alike_are_not_mixed_up(tmp_path):
    """Neither is dropped for being older; as scenes are told apart by ids, a recipe stops."""
    found = find_twins(tmp_path, make_twins("lidar", "srtm"))
    assert [one.collection for one in found] == ["lidar", "srtm"]
    with pytest.raises(CatalogError, match="two scenes are called 'N46E010': one of 'dem' in coll"):
        check_ids({"dem": found})
    with pytest.raises(CatalogError, match="one of 'land_cover' in collection 'lidar'"):
        check_ids({"dem": found[1:], "land_cover": found[:1]})
    check_ids({"dem": found[1:], "land_cover": []})


def test_a_scene_that_is_in_two_collections_is_recorded(tmp_path):
    with collect_left_out() as left_out:
        found = find_twins(tmp_path, make_twins("old", "new"), static=False)
    assert [one.collection for one in found] == ["new"]
    assert left_out == ["N46E010 is in old and in new: that of new is used, which was updated last"]
