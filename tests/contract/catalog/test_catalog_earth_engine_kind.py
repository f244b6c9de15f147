"""Earth Engine under the contract of catalogues, against a server on loopback."""

from __future__ import annotations

import json
from urllib.request import urlopen

import numpy as np
import pystac
import pytest
from affine import Affine
from catalog_contract import APRIL, GERMANY, CatalogContract, make_definition, write_world
from earth_engine_server import serve_earth_engine
from earth_engine_world import StubBand, StubImage

from smmap.catalog.earth_engine import EarthEngineCatalog


@pytest.fixture(scope="module")
def earth_engine(tmp_path_factory):
    world = write_world(tmp_path_factory.mktemp("world"))
    with serve_earth_engine(copy_world(world), page=3) as server:
        yield server


class TestEarthEngine(CatalogContract):
    """The same world as images; their ids carry the collection's, which is taken off here."""

    @pytest.fixture
    def catalog(self, earth_engine):
        return ShortNames(earth_engine.address)

    def test_asset_addresses_are_absolute_and_lead_to_the_file(self, catalog):
        for item in catalog.search(make_definition(), GERMANY, APRIL):
            with urlopen(item.assets["vv"].href) as answer:
                assert json.load(answer)["id"] == f"radar/{item.id}"

    def test_ids_carry_the_collection(self, earth_engine):
        catalog = EarthEngineCatalog(earth_engine.address)
        found = catalog.search(make_definition(collections=["dem"]), GERMANY, None)
        assert [item.id for item in found] == ["dem_tile"]


class ShortNames(EarthEngineCatalog):
    def search(self, definition, bbox, period):
        rows = [item.to_dict() for item in super().search(definition, bbox, period)]
        found = [pystac.Item.from_dict(row) for row in rows]
        for item in found:
            item.id = item.id.removeprefix(f"{definition.collections[0]}_")
        return found


def copy_world(world):
    """The images of a static catalogue's items."""
    for path in sorted(world.glob("*/*/*.json")):
        item = json.loads(path.read_text())
        facts = item["properties"]
        band = StubBand(np.ma.zeros((4, 4)), "EPSG:4326", Affine(0.1, 0, 10, 0, -0.1, 50.5))
        yield StubImage(
            f"{item['collection']}/{item['id']}",
            {"vv": band},
            start=facts.get("start_datetime", facts["datetime"]),
            end=facts.get("end_datetime", facts["datetime"]),
            updated=facts.get("updated", "2023-05-02T00:00:00Z"),
            geometry=item["geometry"],
            properties={"instrumentMode": facts["sar:instrument_mode"], "gsd": facts["gsd"]},
        )
