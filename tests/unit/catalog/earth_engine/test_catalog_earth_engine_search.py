"""Which images of Earth Engine are found, and what is asked for that."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from earth_engine_images import BOX, OUTLINE, S1_FACTS, make_image
from earth_engine_world import PUBLIC

from smmap.catalog import earth_engine
from smmap.catalog.bands import resolve_bands
from smmap.catalog.definitions import load_definition
from smmap.catalog.earth_engine import EarthEngineCatalog
from smmap.catalog.left_out import collect_left_out
from smmap.spec.errors import CatalogError, SceneError


def test_what_is_asked_for_is_bounded_in_place_and_time(search, server):
    search("earth-engine-sentinel-1", [make_image("COPERNICUS/S1_GRD/a", "VV")])
    (query,) = [more for _, path, more in server.requests if path.endswith(":listAssets")]
    asked = query["filter"]
    assert 'startTime >= "2023-03-31T00:00:00Z"' in asked
    assert 'endTime < "2023-05-03T00:00:00Z"' in asked
    region = asked.partition('intersects("')[2].rpartition('")')[0].replace("'", '"')
    assert shapely.from_geojson(region).equals(shapely.box(*BOX))


def test_the_sides_of_a_wide_box_follow_its_parallels(search, server):
    """Between two points Earth Engine goes along a great circle: 0.01 degrees within a degree."""
    search("earth-engine-nasadem", [make_image("NASA/NASADEM_HGT/001", "elevation")])
    box = (-20.0, 40.0, 60.0, 60.0)
    search("earth-engine-sentinel-1", [make_image("COPERNICUS/S1_GRD/a", "VV")], bbox=box)
    (query,) = [more for _, path, more in server.requests if path.endswith(":listAssets")]
    region = query["filter"].partition('intersects("')[2].rpartition('")')[0]
    ring = json.loads(region.replace("'", '"'))["coordinates"][0]
    steps = np.abs(np.diff(ring, axis=0)).max(axis=1)
    assert steps.max() <= 1.0


def test_pages_are_turned(search, server):
    images = [
        make_image(f"COPERNICUS/S1_GRD/{number:03d}", "VV", properties=S1_FACTS)
        for number in range(7)
    ]
    server.page = 3
    try:
        found = search("earth-engine-sentinel-1", images)
    finally:
        server.page = 1000
    assert len(found) == 7
    lists = [path for _, path, _ in server.requests if path.endswith(":listAssets")]
    assert len(lists) == 3


def test_an_image_that_makes_no_sense_costs_itself(search):
    good = make_image("COPERNICUS/S1_GRD/good", "VV", properties=S1_FACTS)
    odd = make_image("COPERNICUS/S1_GRD/odd", "VV", properties=S1_FACTS)
    odd.geometry = {"type": "Polygon", "coordinates": [[[0, float("inf")]]]}
    gone = make_image("COPERNICUS/S1_GRD/gone", "VV", properties=S1_FACTS)
    gone.describe = lambda: {"type": "IMAGE", "name": f"{PUBLIC}COPERNICUS/S1_GRD/gone"}
    with collect_left_out() as reasons:
        found = search("earth-engine-sentinel-1", [gone, odd, good], bbox=(-180, -90, 180, 90))
    assert [one.id for one in found] == ["COPERNICUS_S1_GRD_good"]
    assert len(reasons) == 2
    assert "S1_GRD/gone" in " ".join(reasons)


def test_an_image_without_a_grid_is_told_when_it_is_read(search):
    image = make_image("NASA/NASADEM_HGT/001", "elevation")
    describe = image.describe
    image.describe = lambda: describe() | {"bands": [{"id": "elevation"}]}
    (one,) = search("earth-engine-nasadem", [image])
    with pytest.raises(SceneError, match="has no pixel grid of its own; leave it out"):
        resolve_bands(one.item, load_definition("earth-engine-nasadem"), ["elevation"])


def test_a_ring_is_a_footprint(search):
    ring = {"type": "LinearRing", "coordinates": OUTLINE["coordinates"][0]}
    image = make_image("COPERNICUS/S1_GRD/a", "VV", geometry=ring, properties=S1_FACTS)
    (one,) = search("earth-engine-sentinel-1", [image])
    assert one.footprint.equals(shapely.geometry.shape(OUTLINE))


def test_no_such_collection(search):
    with pytest.raises(CatalogError, match=r"S1_GRD.*not found"):
        search("earth-engine-sentinel-1", [])


def test_the_extent_of_an_archive_is_not_listed(search, server, monkeypatch):
    monkeypatch.setattr(earth_engine, "MOST", 5)
    server.images = [make_image(f"COPERNICUS/S1_GRD/{n}", "VV") for n in range(9)]
    server.page = 3
    catalog = EarthEngineCatalog(server.address)
    try:
        with pytest.raises(CatalogError, match="give the recipe an area and a period"):
            catalog.extent(load_definition("earth-engine-sentinel-1"))
    finally:
        server.page = 1000


def test_what_is_neither_image_nor_collection(search):
    image = make_image("COPERNICUS/S1_GRD", "VV")
    describe = image.describe
    image.describe = lambda: describe() | {"type": "FOLDER"}
    with pytest.raises(CatalogError, match=r"S1_GRD is no image and no collection.*'FOLDER'"):
        search("earth-engine-sentinel-1", [image])
