"""Definitions by name or path; catalogues that are not there, broken, or of another kind."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from page_server import serve_pages
from stac_server import serve_stac

from smmap.catalog.api import ApiCatalog
from smmap.catalog.definitions import list_definitions, load_definition
from smmap.catalog.readiness import ask_places, judge_readiness
from smmap.catalog.registry import open_catalog
from smmap.catalog.static import StaticCatalog
from smmap.data import get_folder
from smmap.spec.errors import CatalogError, ConfigError, EmptySearchError, TransientError

WORLD = (-180.0, -90.0, 180.0, 90.0)
ITEM = {
    "type": "Feature",
    "stac_version": "1.1.0",
    "id": "good",
    "geometry": {"type": "Point", "coordinates": [5, 51]},
    "bbox": [5, 51, 5, 51],
    "properties": {"datetime": "2023-04-01T06:00:00Z"},
    "links": [],
    "assets": {},
}


@pytest.fixture
def local():
    return load_definition("local-sentinel-1")


def write_catalog(folder: Path, **files: object) -> Path:
    """A catalogue of one collection whose items are ``files``, as text or as JSON."""
    links = [{"rel": "item", "href": f"./{name}.json"} for name in files]
    collection = {
        "type": "Collection",
        "stac_version": "1.1.0",
        "id": "sentinel-1-grd",
        "description": "d",
        "license": "other",
        "extent": {"spatial": {"bbox": [[0, 0, 1, 1]]}, "temporal": {"interval": [[None, None]]}},
        "links": links,
    }
    (folder / "collection.json").write_text(json.dumps(collection))
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name}.json").write_text(text)
    return folder


@pytest.mark.parametrize("name", list_definitions())
def test_every_packaged_definition_loads(name):
    assert load_definition(name).id == name


def test_unknown_definition_lists_the_known():
    with pytest.raises(ConfigError, match=r"'sentinel-9'.*earth-search-sentinel-2-l2a.*local-dem"):
        load_definition("sentinel-9")


def test_definition_from_a_path(tmp_path):
    source = get_folder("catalogs") / "local-dem.yaml"
    path = tmp_path / "local-dem.yaml"
    path.write_text(source.read_text())
    assert load_definition(path) == load_definition("local-dem")
    renamed = path.rename(tmp_path / "mine.yaml")
    with pytest.raises(ConfigError, match=r"mine\.yaml.*'id' is 'local-dem'"):
        load_definition(str(renamed))


@pytest.mark.parametrize("text", ["a: [", "just text", "\x00"])
def test_unreadable_definition_names_the_file(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"mine\.yaml"):
        load_definition(path)


def test_missing_definition_file_names_the_place(tmp_path):
    with pytest.raises(ConfigError, match=str(tmp_path)):
        load_definition(tmp_path / "mine.yaml")


def test_catalogue_is_asked_for_by_its_key(local):
    with pytest.raises(ConfigError, match="'catalog'"):
        open_catalog(local, None)


def test_missing_folder_names_the_place(local, tmp_path):
    with pytest.raises(CatalogError, match=f"{tmp_path}/nowhere"):
        open_catalog(local, f"{tmp_path}/nowhere")


def test_folder_without_catalogue_names_both_files(local, tmp_path):
    with pytest.raises(CatalogError, match=r"catalog\.json or .*collection\.json"):
        open_catalog(local, str(tmp_path))


def test_api_needs_a_web_address(tmp_path):
    with pytest.raises(CatalogError, match="no web address"):
        ApiCatalog(str(tmp_path))


def test_an_endpoint_of_its_own_goes_before_the_recipe(tmp_path):
    catalog = open_catalog(load_definition("earth-search-sentinel-2-l2a"), str(tmp_path))
    assert isinstance(catalog, ApiCatalog)


def test_a_folder_may_stand_in_for_an_api(tmp_path):
    """As the recipe's ``catalogs`` says of a mirror; its address may end in a file's name too."""
    root = write_catalog(tmp_path, good=ITEM) / "collection.json"
    root.write_text(root.read_text().replace("sentinel-1-grd", "sentinel-2-l2a"))
    packaged = load_definition("planetary-computer-sentinel-2-l2a")
    with serve_pages(tmp_path) as pages:
        for place in (tmp_path, f"{pages.address}/collection.json"):
            mirrored = packaged.model_copy(update={"endpoint": str(place)})
            catalog = open_catalog(mirrored, None)
            assert [item.id for item in catalog.search(mirrored, WORLD, None)] == ["good"]
            assert ask_places([judge_readiness(mirrored, None)]) == [""]


def test_web_address_decides_the_kind_of_a_local_definition(local, tmp_path):
    write_catalog(tmp_path, good={**ITEM, "collection": "sentinel-1-grd"})
    with serve_stac(tmp_path) as address:
        assert isinstance(open_catalog(local, address), ApiCatalog)
        assert isinstance(open_catalog(local, f"{address}/files"), StaticCatalog)
        file = open_catalog(local, f"{address}/files/collection.json")
        assert [item.id for item in file.search(local, WORLD, None)] == ["good"]


def test_what_is_no_api_says_so(local, tmp_path):
    write_catalog(tmp_path, good=ITEM)
    with serve_stac(tmp_path) as address:
        for place in ("/files", "/files/collection.json", "/nothing"):
            with pytest.raises(CatalogError, match="STAC"):
                ApiCatalog(address + place).search(local, WORLD, None)


def test_collection_without_beginning_has_no_extent(local, tmp_path):
    write_catalog(tmp_path, good={**ITEM, "collection": "sentinel-1-grd"})
    with serve_stac(tmp_path) as address, pytest.raises(CatalogError, match="no beginning"):
        ApiCatalog(address).extent(local)


def test_nobody_there_may_be_tried_again(local):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    for open_it in (ApiCatalog, StaticCatalog):
        with pytest.raises(TransientError, match=address):
            open_it(address).search(local, WORLD, None)


@pytest.mark.parametrize("state, error", [(503, TransientError), (403, CatalogError)])
def test_state_of_the_server_decides_whether_to_try_again(local, state, error):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(state)
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(error, match=str(state)):
            ApiCatalog(f"http://127.0.0.1:{server.server_port}").search(local, WORLD, None)
        server.shutdown()


@pytest.mark.parametrize(
    "broken",
    [
        '{"type": "Feature", ',
        "[]",
        "\x00\xff",
        {"type": "Catalog", "stac_version": "1.1.0", "id": "x", "description": "", "links": []},
        {**ITEM, "id": "bad", "properties": {}},
        {**ITEM, "id": "bad", "properties": {"datetime": "yesterday"}},
        {**ITEM, "id": "bad", "geometry": None, "bbox": None},
        {**ITEM, "id": "bad", "geometry": {"type": "Polygon", "coordinates": [[1]]}},
        {**ITEM, "id": "bad", "geometry": {"type": "Polygon"}},
        {**ITEM, "id": "bad", "geometry": {"type": "Polygon", "coordinates": []}},
        {**ITEM, "id": "bad", "geometry": {"type": "Polygon", "coordinates": None}},
        {**ITEM, "id": "bad", "geometry": {"type": "Polygon", "coordinates": [[[5, 51], [6, 52]]]}},
        {**ITEM, "id": "bad", "geometry": {"type": "Polygon", "coordinates": [[["w", "s"]] * 4]}},
        {**ITEM, "id": "bad", "geometry": {"type": "Point", "coordinates": [float("nan"), 51]}},
        {**ITEM, "id": "bad", "geometry": {"type": "Point", "coordinates": [5, float("inf")]}},
        {**ITEM, "id": "bad", "geometry": {"type": "Circle", "coordinates": [5, 51]}},
        {**ITEM, "id": "bad", "geometry": {"type": "GeometryCollection", "geometries": []}},
        {**ITEM, "id": "bad", "geometry": "POINT (5 51)"},
        {**ITEM, "id": "bad", "geometry": [5, 51]},
        {**ITEM, "id": "bad", "geometry": None, "bbox": ["w", "s", "e", "n"]},
        {**ITEM, "id": "bad", "geometry": None, "bbox": [5, 51]},
        {**ITEM, "id": "bad", "geometry": None, "bbox": "everywhere"},
        {**ITEM, "id": "bad", "geometry": {"type": "Point", "coordinates": [500_000, 5_700_000]}},
        {
            **ITEM,
            "id": "bad",
            "geometry": None,
            "properties": {**ITEM["properties"], "proj:shape": [1], "proj:transform": "north up"},
        },
        {
            **ITEM,
            "id": "bad",
            "geometry": {"type": "Polygon", "coordinates": [[[1e9, 1e9], [2e9, 1e9], [1e9, 2e9]]]},
            "properties": {**ITEM["properties"], "proj:code": "EPSG:nonsense"},
        },
    ],
)
def test_a_broken_item_costs_itself_and_is_logged(local, tmp_path, caplog, broken):
    write_catalog(tmp_path, bad=broken, good=ITEM)
    with caplog.at_level(logging.WARNING):
        found = StaticCatalog(str(tmp_path)).search(local, WORLD, None)
    assert [item.id for item in found] == ["good"]
    assert "bad" in caplog.text


def test_a_missing_item_costs_itself(local, tmp_path, caplog):
    write_catalog(tmp_path, bad=ITEM, good=ITEM)
    (tmp_path / "bad.json").unlink()
    assert len(StaticCatalog(str(tmp_path)).search(local, WORLD, None)) == 1
    assert "bad.json" in caplog.text


def test_a_broken_collection_stops_the_search(local, tmp_path):
    write_catalog(tmp_path)
    root = {"type": "Catalog", "stac_version": "1.1.0", "id": "r", "description": "r"}
    child = {"rel": "child", "href": "./collection.json"}
    (tmp_path / "catalog.json").write_text(json.dumps({**root, "links": [child]}))
    (tmp_path / "collection.json").write_text("{")
    with pytest.raises(CatalogError, match=r"collection\.json"):
        StaticCatalog(str(tmp_path)).search(local, WORLD, None)


def test_catalogues_that_link_in_a_circle_end(local, tmp_path):
    root = {"type": "Catalog", "stac_version": "1.1.0", "id": "r", "description": "r"}
    child = {"rel": "child", "href": "./catalog.json"}
    (tmp_path / "catalog.json").write_text(json.dumps({**root, "links": [child]}))
    assert StaticCatalog(str(tmp_path)).search(local, WORLD, None) == []


def test_extent_of_nothing_names_the_collections(local, tmp_path):
    write_catalog(tmp_path)
    with pytest.raises(EmptySearchError, match="sentinel-1-grd"):
        StaticCatalog(str(tmp_path)).extent(local)


def test_importing_needs_no_web_client():
    code = """
import sys, smmap.catalog.registry, smmap.store.signing, smmap.catalog.overpass
print({"pystac_client", "requests", "planetary_computer"} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "set()"


def test_a_search_keeps_to_what_the_provider_allows(local, tmp_path):
    """Root, its copy, page after page of 5: no two requests closer than a third of a second."""
    write_catalog(
        tmp_path,
        **{f"i{n}": {**ITEM, "id": f"i{n}", "collection": "sentinel-1-grd"} for n in range(23)},
    )
    bounded = local.model_copy(update={"requests_per_second": 3.0})
    with serve_stac(tmp_path) as address:
        begun = time.monotonic()
        assert len(ApiCatalog(address).find(bounded, WORLD, None)) == 23
        assert time.monotonic() - begun >= 2.0, "7 requests"


def test_a_static_catalogue_is_asked_no_more_often_either(local, tmp_path):
    write_catalog(
        tmp_path,
        **{f"i{n}": {**ITEM, "id": f"i{n}", "collection": "sentinel-1-grd"} for n in range(8)},
    )
    bounded = local.model_copy(update={"requests_per_second": 10.0})
    with serve_pages(tmp_path) as server:
        catalog = StaticCatalog(f"{server.address}/collection.json")
        assert len(catalog.search(bounded, WORLD, None)) == 8
        assert len(server.asked) == 9
        assert server.asked[-1][0] - server.asked[0][0] >= 0.8, "eight gaps of a tenth"


def test_a_catalogue_that_asks_for_a_pause_gets_it(local, tmp_path):
    write_catalog(tmp_path, good={**ITEM, "collection": "sentinel-1-grd"})
    with serve_pages(tmp_path) as server:
        server.faults = ["", "429 1"]
        found = StaticCatalog(f"{server.address}/collection.json").search(local, WORLD, None)
        assert [item.id for item in found] == ["good"]
        assert server.asked[2][0] - server.asked[1][0] >= 1.0
