"""What every catalogue kind must do: inherit `CatalogContract` and give it a ``catalog``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import shapely

from smmap.catalog.registry import Catalog
from smmap.spec.definition import Definition
from smmap.spec.period import Period

APRIL = Period.parse("2023-04-01/2023-04-30")
GERMANY = (9.0, 49.0, 11.0, 51.0)
FIJI = (179.0, -19.0, -179.0, -17.0)


def make_definition(**changes: Any) -> Definition:
    content = {
        "id": "test",
        "title": "Test",
        "kind": "stac-static",
        "sensor": "dem",
        "collections": ["radar"],
        "bands": {"vv": {"assets": ["vv"], "units": "linear"}},
        "resolution": 10,
        "latency": "none",
        "licence": "CC0-1.0",
        "attribution": "nobody",
    }
    return Definition.parse({**content, **changes}, "test")


def write_world(folder: Path) -> Path:
    """A small static STAC: radar scenes in Germany and Fiji, one elevation tile."""
    germany = shapely.box(10.0, 50.0, 10.5, 50.5)
    fiji = shapely.MultiPolygon(
        [shapely.box(179.5, -18, 180, -17.5), shapely.box(-180, -18, -179.8, -17.5)]
    )
    night = {"start_datetime": "2023-04-30T23:59:50Z", "end_datetime": "2023-05-01T00:00:10Z"}
    radar = {
        "second": (germany, "2023-04-02T05:58:00Z", {}),
        "first": (germany, "2023-04-01T00:00:00Z", {}),
        "later": (germany, "2023-05-01T00:00:00Z", {}),
        "midnight": (germany, "2023-05-01T00:00:00Z", night),
        "antarctic-mode": (germany, "2023-04-03T05:58:00Z", {"sar:instrument_mode": "EW"}),
        "fiji": (fiji, "2023-04-10T18:00:00Z", {}),
        "twice": (germany, "2023-04-05T05:58:00Z", {"updated": "2023-06-01T00:00:00Z"}),
    }
    rows = [("radar", name, name, *row) for name, row in radar.items()]
    rows.append(
        (
            "radar",
            "twice",
            "twice-old",
            germany,
            "2023-04-05T05:58:00Z",
            {"updated": "2023-05-01T00:00:00.5Z"},
        )
    )
    rows.append(("dem", "tile", "tile", germany, "2021-01-01T00:00:00Z", {}))
    for collection, name, file, shape, moment, more in rows:
        content = {
            "type": "Feature",
            "stac_version": "1.1.0",
            "id": name,
            "geometry": json.loads(shapely.to_geojson(shape)),
            "bbox": list(shape.bounds),
            "properties": {"datetime": moment, "sar:instrument_mode": "IW", "gsd": 10, **more},
            "collection": collection,
            "links": [],
            "assets": {"vv": {"href": f"./{file}.tif"}},
        }
        place = folder / collection / file
        place.mkdir(parents=True)
        (place / f"{file}.json").write_text(json.dumps(content))
        (place / f"{file}.tif").write_bytes(file.encode())
    for collection in ("radar", "dem"):
        files = [f"./{file}/{file}.json" for c, _, file, *_ in rows if c == collection]
        content = {
            "type": "Collection",
            "stac_version": "1.1.0",
            "id": collection,
            "description": collection,
            "license": "CC0-1.0",
            "extent": {
                "spatial": {
                    "bbox": [
                        [10.0, -18, -179.8, 50.5] if collection == "radar" else list(germany.bounds)
                    ]
                },
                "temporal": {"interval": [["2021-01-01T00:00:00Z", "2023-05-01T00:00:10Z"]]},
            },
            "links": [{"rel": "item", "href": file} for file in files],
        }
        (folder / collection / "collection.json").write_text(json.dumps(content))
    children = [{"rel": "child", "href": f"./{name}/collection.json"} for name in ("radar", "dem")]
    root = {"type": "Catalog", "stac_version": "1.1.0", "id": "world", "description": "world"}
    (folder / "catalog.json").write_text(json.dumps({**root, "links": children}))
    return folder


class CatalogContract:
    """Tests over `write_world`; a subclass gives the fixture ``catalog``."""

    @pytest.fixture
    def catalog(self) -> Catalog:
        raise NotImplementedError

    def test_finds_what_touches_box_and_period_in_order_of_time(self, catalog):
        found = catalog.search(make_definition(), GERMANY, APRIL)
        assert [item.id for item in found] == [
            "first",
            "second",
            "antarctic-mode",
            "twice",
            "midnight",
        ]

    def test_period_is_half_open(self, catalog):
        day = Period(datetime(2023, 4, 1, tzinfo=UTC), datetime(2023, 4, 2, 5, 58, tzinfo=UTC))
        assert [item.id for item in catalog.search(make_definition(), GERMANY, day)] == ["first"]

    def test_without_period_everything_at_the_place(self, catalog):
        ids = {item.id for item in catalog.search(make_definition(), GERMANY, None)}
        assert ids == {"first", "second", "antarctic-mode", "twice", "midnight", "later"}

    def test_equal_times_are_ordered_by_id(self, catalog):
        ids = [item.id for item in catalog.search(make_definition(), GERMANY, None)]
        assert ids[-2:] == ["later", "midnight"]

    def test_an_id_comes_once_and_the_last_updated_wins(self, catalog):
        found = [i for i in catalog.search(make_definition(), GERMANY, APRIL) if i.id == "twice"]
        assert [item.properties["updated"] for item in found] == ["2023-06-01T00:00:00Z"]

    def test_box_over_the_antimeridian_is_searched_on_both_sides(self, catalog):
        assert [i.id for i in catalog.search(make_definition(), FIJI, APRIL)] == ["fiji"]

    @pytest.mark.parametrize("box", [(179.6, -18, 179.7, -17), (-179.95, -18, -179.9, -17)])
    def test_a_scene_over_the_antimeridian_is_found_from_either_side(self, catalog, box):
        assert [i.id for i in catalog.search(make_definition(), box, APRIL)] == ["fiji"]

    def test_a_scene_over_the_antimeridian_is_not_everywhere(self, catalog):
        assert catalog.search(make_definition(), (-100.0, -19.0, 100.0, -17.0), APRIL) == []

    def test_only_the_collections_of_the_definition(self, catalog):
        definition = make_definition(collections=["dem"])
        assert [i.id for i in catalog.search(definition, GERMANY, None)] == ["tile"]

    def test_elevation_ignores_the_period(self, catalog):
        definition = make_definition(collections=["dem"], static=True)
        assert [i.id for i in catalog.search(definition, GERMANY, APRIL)] == ["tile"]

    def test_query_must_be_fulfilled(self, catalog):
        definition = make_definition(query={"sar:instrument_mode": "EW", "gsd": 10})
        assert [i.id for i in catalog.search(definition, GERMANY, None)] == ["antarctic-mode"]

    def test_nothing_there_is_no_error(self, catalog):
        assert catalog.search(make_definition(), (0.0, 0.0, 1.0, 1.0), None) == []

    def test_asset_addresses_are_absolute_and_lead_to_the_file(self, catalog):
        for item in catalog.search(make_definition(), GERMANY, APRIL):
            href = item.assets["vv"].href
            url = href if "://" in href else Path(href).as_uri()
            assert Path(url).is_absolute() or "://" in url
            with urlopen(url) as file:
                assert file.read().decode() == item.id

    def test_twice_the_same_answer(self, catalog):
        first = catalog.search(make_definition(), GERMANY, None)
        again = catalog.search(make_definition(), GERMANY, None)
        assert [item.to_dict() for item in first] == [item.to_dict() for item in again]

    def test_extent_holds_all_and_crosses_the_antimeridian(self, catalog):
        bbox, period = catalog.extent(make_definition())
        assert bbox == (10.0, -18.0, -179.8, 50.5)
        found = {item.id for item in catalog.search(make_definition(), bbox, period)}
        assert found == {"first", "second", "antarctic-mode", "twice", "midnight", "later", "fiji"}

    def test_extent_of_a_single_time_is_a_period(self, catalog):
        bbox, period = catalog.extent(make_definition(collections=["dem"]))
        assert bbox == (10.0, 50.0, 10.5, 50.5)
        assert datetime(2021, 1, 1, tzinfo=UTC) in period
