"""Definitions on items written from the providers' documentation (none of these is a real one)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from documented_items import list_documented, load_documented, write_catalog
from stac_server import serve_stac

from smmap.catalog.api import ApiCatalog
from smmap.catalog.bands import resolve_bands
from smmap.catalog.candidate import mark_version
from smmap.catalog.companions import find_scenes
from smmap.catalog.definitions import list_definitions, load_definition
from smmap.catalog.static import WORLD, StaticCatalog
from smmap.spec.period import Period

REAL = {
    "earth-search-cop-dem-glo-30",
    "earth-search-landsat-c2-l2",
    "earth-search-sentinel-2-l2a",
    "planetary-computer-cop-dem-glo-30",
    "planetary-computer-landsat-c2-l2",
    "planetary-computer-sentinel-1-rtc",
    "planetary-computer-sentinel-2-l2a",
}
"""Those that tests/realdata has items of."""
FILES = {
    "earth-search-sentinel-2-c1-l2a": {"red": "/B04.tif", "nir08": "/B8A.tif", "scl": "/SCL.tif"},
    "earth-search-sentinel-2-l1c": {"red": "/B04.jp2", "cirrus": "/B10.jp2", "scl": "/SCL.tif"},
    "copernicus-sentinel-2-l2a": {
        "red": "/R10m/T32TPS_20230415T101601_B04_10m.jp2",
        "nir08": "/R20m/T32TPS_20230415T101601_B8A_20m.jp2",
        "scl": "_SCL_20m.jp2",
    },
    "copernicus-sentinel-2-l1c": {"red": "_B04.jp2", "cirrus": "_B10.jp2", "scl": "_SCL_20m.jp2"},
    "usgs-landsat-c2-l1": {"nir": "_B5.TIF", "pan": "_B8.TIF", "surface_temperature_2": "_B11.TIF"},
    "usgs-landsat-c2-l2": {"red": "_SR_B4.TIF", "surface_temperature": "_ST_B10.TIF"},
    "asf-opera-rtc-s1": {"vv": "_VV.tif", "incidence": "v1.0_incidence_angle.tif"},
    "planetary-computer-esa-worldcover": {"land_cover": "_2021_v200_N45E009_Map.tif"},
    "planetary-computer-alos-dem": {"elevation": "/ALPSMLC30_N046E010_DSM.tif"},
    "planetary-computer-nasadem": {"elevation": "/NASADEM_HGT_n46e010.tif"},
}


def find(name, folder):
    """The scenes that a definition finds among its items, as in a folder of them."""
    definition = load_definition(name)
    catalog = StaticCatalog(write_catalog(folder, load_documented(name)))
    return definition, find_scenes(catalog, definition, WORLD, None)


def test_every_provider_is_tested_on_items():
    sensors = ("sentinel-1", "sentinel-2", "landsat", "dem", "land-cover")
    definitions = [load_definition(name) for name in list_definitions()]
    served = {one.id for one in definitions if one.kind == "stac-api" and one.sensor in sensors}
    assert served == REAL | set(list_documented())
    assert set(FILES) == set(list_documented())


@pytest.mark.parametrize("name", list_documented())
def test_every_band_of_a_documented_item(name, tmp_path):
    definition, found = find(name, tmp_path)
    bands = resolve_bands(found[0].item, definition, definition.bands)
    for band, end in FILES[name].items():
        assert bands[band].href.endswith(end)
    addresses = [(band.href, band.index) for band in bands.values()]
    assert len(set(addresses)) == len(addresses)
    for band in bands.values():
        assert not re.search("local_incidence|download.dataspace|landsatlook", band.href)


def test_elevation_models_in_order_of_preference(tmp_path):
    definition, found = find("planetary-computer-alos-dem", tmp_path)
    assert [one.collection for one in found] == ["alos-dem", "nasadem"]
    nodata = [
        resolve_bands(one.item, definition, ["elevation"])["elevation"].nodata for one in found
    ]
    assert nodata == [-9999, -32768]


def test_one_year_of_land_cover(tmp_path):
    _, found = find("planetary-computer-esa-worldcover", tmp_path)
    assert len(found) == 1


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """All documented items behind one STAC API."""
    folder = tmp_path_factory.mktemp("documented")
    items = {one["id"]: one for name in list_documented() for one in load_documented(name)}
    write_catalog(folder, list(items.values()))
    with serve_stac(folder) as address:
        yield address


@pytest.mark.parametrize("name", list_documented())
def test_a_server_gives_what_a_folder_gives(name, server, tmp_path):
    """Static companions too, although they are years away from the period."""
    definition, expected = find(name, tmp_path)
    period = Period(expected[0].start, expected[0].end + timedelta(minutes=1))
    found = find_scenes(ApiCatalog(server), definition, WORLD, period)
    assert [one.id for one in found] == [one.id for one in expected]
    assert [one.assets for one in found] == [one.assets for one in expected]
    assert [mark_version(one.item) for one in found] == [mark_version(one.item) for one in expected]
