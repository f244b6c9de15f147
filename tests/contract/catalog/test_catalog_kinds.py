"""Both kinds of catalogue under the same contract, the API against a real server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from catalog_contract import CatalogContract, make_definition, write_world
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
