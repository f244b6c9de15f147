"""Landsat, level 1C, GRD and ALOS definitions on what providers really publish."""

from __future__ import annotations

import json

import pystac
import pytest

from smmap.catalog.bands import resolve_bands
from smmap.catalog.definitions import load_definition
from smmap.catalog.selection import has_properties
from smmap.spec.errors import SceneError

pytestmark = pytest.mark.realdata

BANDS = {"coastal": 1, "blue": 2, "green": 3, "red": 4, "nir": 5, "swir16": 6, "swir22": 7}
DEFINITIONS = ["planetary-computer-landsat-c2-l2", "earth-search-landsat-c2-l2", "local-landsat"]


@pytest.fixture
def items(shared_data):
    return shared_data / "stac-items"


@pytest.fixture
def metadata(shared_data):
    """What a real scene's own metadata say, whatever group they are in."""
    (path,) = (shared_data / "landsat8-c2l2").glob("*_MTL.json")
    return json.loads(path.read_text())["LANDSAT_METADATA_FILE"]


@pytest.mark.parametrize("name", DEFINITIONS)
def test_real_level_2_items_agree_with_the_definition(items, name):
    definition = load_definition(name)
    paths = sorted((items / "stactools").glob("LC0*.json"))
    assert len(paths) == 2
    for path in paths:
        item = pystac.Item.from_file(str(path))
        assert has_properties(item, definition)
        bands = resolve_bands(item, definition, definition.bands)
        for band, number in BANDS.items():
            assert bands[band].href.endswith(f"_SR_B{number}.TIF")
            (stated,) = item.assets["nir08" if band == "nir" else band].extra_fields["raster:bands"]
            found = bands[band]
            assert (found.scale, found.offset, found.nodata) == tuple(
                stated[key] for key in ("scale", "offset", "nodata")
            )
        (stated,) = item.assets["lwir11"].extra_fields["raster:bands"]
        thermal = bands["surface_temperature"]
        assert thermal.href.endswith("_ST_B10.TIF")
        assert (thermal.scale, thermal.offset) == (stated["scale"], stated["offset"])
        flags = bands["qa_pixel"]
        assert (flags.href[-12:], flags.nodata, flags.scale) == ("QA_PIXEL.TIF", 1, 1)


def test_usgs_items_are_read_from_the_bucket(items):
    path = items / "odc_stac" / "LC08_L2SP_028030_20200114_20200824_02_T1_SR.json"
    item = pystac.Item.from_file(str(path))
    definition = load_definition("usgs-landsat-c2-l2")
    assert item.collection_id in definition.collections
    assert has_properties(item, definition)
    for band in resolve_bands(item, definition, BANDS).values():
        assert band.href.startswith("s3://usgs-landsat/collection02/level-2/standard/oli-tirs/")
    with pytest.raises(SceneError, match="no asset for band 'surface_temperature'"):
        resolve_bands(item, definition, ["surface_temperature"])  # an item of its own


def test_other_platforms_and_tiers_are_not_taken(items):
    definition = load_definition("usgs-landsat-c2-l2")
    for name in (
        "LE07_L2SP_044033_20210329_20210424_02_T1_SR",
        "LC08_L2SR_081119_20200101_20200823_02_T2",
    ):
        item = pystac.Item.from_file(str(items / "odc_stac" / f"{name}.json"))
        assert not has_properties(item, definition)


def test_the_planetary_computers_collection_names_the_assets(items):
    path = items / "planetary_computer" / "collection_landsat-c2-l2.json"
    collection = json.loads(path.read_text())
    definition = load_definition("planetary-computer-landsat-c2-l2")
    assert collection["id"] in definition.collections
    for band in definition.bands.values():
        (stated,) = collection["item_assets"][band.assets[0]]["raster:bands"]
        assert (stated.get("scale", 1), stated.get("offset", 0)) == (band.scale, band.offset)
        assert stated["nodata"] == band.nodata


def test_constants_are_those_of_a_real_scenes_metadata(metadata):
    level_2 = load_definition("planetary-computer-landsat-c2-l2").bands
    surface = metadata["LEVEL2_SURFACE_REFLECTANCE_PARAMETERS"]
    heat = metadata["LEVEL2_SURFACE_TEMPERATURE_PARAMETERS"]
    for band, number in BANDS.items():
        assert level_2[band].scale == float(surface[f"REFLECTANCE_MULT_BAND_{number}"])
        assert level_2[band].offset == float(surface[f"REFLECTANCE_ADD_BAND_{number}"])
    thermal = level_2["surface_temperature"]
    assert thermal.scale == float(heat["TEMPERATURE_MULT_BAND_ST_B10"])
    assert thermal.offset == float(heat["TEMPERATURE_ADD_BAND_ST_B10"])
    for name in ("usgs-landsat-c2-l1", "local-landsat-l1"):
        level_1 = load_definition(name).bands
        raw, heat = metadata["LEVEL1_RADIOMETRIC_RESCALING"], metadata["LEVEL1_THERMAL_CONSTANTS"]
        for band, number in {**BANDS, "pan": 8, "cirrus": 9}.items():
            assert level_1[band].scale == float(raw[f"REFLECTANCE_MULT_BAND_{number}"])
            assert level_1[band].offset == float(raw[f"REFLECTANCE_ADD_BAND_{number}"])
        for band, number in {"surface_temperature": 10, "surface_temperature_2": 11}.items():
            assert level_1[band].planck["landsat-8"] == (
                float(raw[f"RADIANCE_MULT_BAND_{number}"]),
                float(heat[f"K1_CONSTANT_BAND_{number}"]),
                float(heat[f"K2_CONSTANT_BAND_{number}"]),
            )
            assert level_1[band].offset == float(raw[f"RADIANCE_ADD_BAND_{number}"])


def test_the_water_vapour_band_is_where_providers_have_it(items):
    found = {
        "earth-search-sentinel-2-l2a": "earth_search_v1/stac_items/S2A_33TWN_20220122_0_L2A.json",
        "planetary-computer-sentinel-2-l2a": (
            "odc_stac/S2B_MSIL2A_20190629T212529_R043_T06VVN_20201006T080531.json"
        ),
    }
    for name, path in found.items():
        item = pystac.Item.from_file(str(items / path))
        href = resolve_bands(item, load_definition(name), ["nir09"])["nir09"].href
        assert "B09" in href


def test_alos_has_the_asset_that_its_collection_names(items):
    path = items / "planetary_computer" / "collection_alos-dem.json"
    collection = json.loads(path.read_text())
    definition = load_definition("planetary-computer-alos-dem")
    assert definition.collections[0] == collection["id"]
    assert definition.bands["elevation"].assets[0] in collection["item_assets"]
