"""Kinds of catalogue under the same contract, the API against a real server."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen

import numpy as np
import pystac
import pytest
from affine import Affine
from catalog_contract import APRIL, GERMANY, CatalogContract, make_definition, write_world
from earth_engine_server import StubBand, StubImage, serve_earth_engine
from hypothesis import given, settings
from hypothesis import strategies as st
from stac_server import serve_stac

from smmap.catalog.api import ApiCatalog
from smmap.catalog.earth_engine import EarthEngineCatalog
from smmap.catalog.files import FilesCatalog
from smmap.catalog.registry import KINDS
from smmap.catalog.static import StaticCatalog
from smmap.catalog.zarr_archive import ZarrCatalog
from smmap.spec.period import Period


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def address(world):
    with serve_stac(world) as address:
        yield address


@pytest.fixture(scope="module")
def earth_engine(world):
    with serve_earth_engine(copy_world(world), page=3) as server:
        yield server


class TestStaticFolder(CatalogContract):
    @pytest.fixture
    def catalog(self, world):
        return StaticCatalog(str(world))


class TestStaticUrl(CatalogContract):
    @pytest.fixture
    def catalog(self, address):
        return StaticCatalog(f"{address}/files")


class TestApi(CatalogContract):
    @pytest.fixture
    def catalog(self, address):
        return ApiCatalog(address)


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


def test_every_kind_has_its_contract_here():
    here = {
        "stac-static": StaticCatalog,
        "stac-api": ApiCatalog,
        "earth-engine": EarthEngineCatalog,
    }
    archives = {"files": FilesCatalog, "zarr": ZarrCatalog}  # in test_catalog_archives
    assert here | archives == KINDS


@settings(max_examples=20, deadline=None)
@given(
    west=st.floats(-180, 180),
    east=st.floats(-180, 180),
    south=st.floats(-60, 50),
    height=st.floats(0.1, 40),
    start=st.integers(0, 40),
    days=st.integers(1, 40),
)
def test_kinds_agree(world, address, west, east, south, height, start, days):
    begin = datetime(2023, 3, 28, tzinfo=UTC) + timedelta(days=start)
    period = Period(begin, begin + timedelta(days=days))
    box = (west, south, east, south + height)
    found = [
        [item.id for item in catalog.search(make_definition(), box, period)]
        for catalog in (StaticCatalog(str(world)), ApiCatalog(address))
    ]
    assert found[0] == found[1]
