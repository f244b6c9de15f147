"""A provider that no packaged definition knows takes a YAML file and no code.

The items follow what Digital Earth Africa (ODC Explorer) and Earth Search's collection 1 state of
their own: names of properties and assets, none of the values.
"""

from __future__ import annotations

import copy

import pystac
import pytest
import yaml

from smmap.catalog.bands import needs_dark_pixel_check, resolve_bands
from smmap.catalog.candidate import read_candidate
from smmap.catalog.definitions import load_definition
from smmap.data import get_folder
from smmap.pipeline.scenes import resolve_scene
from smmap.spec.errors import ConfigError, SceneError

AFRICA_2 = {
    "datetime": "2023-01-03T06:24:53Z",
    "platform": "sentinel-2b",
    "eo:cloud_cover": 0.02,
    "odc:region_code": "40KED",
    "proj:epsg": 32740,
    "sentinel:product_id": "S2B_MSIL2A_20230103T062449_N0509_R091_T40KED_20230103T075000",
    "sentinel:processing_baseline": "05.09",
    "sentinel:boa_offset_applied": True,
}
AFRICA_1 = {
    "datetime": "2023-01-03T16:24:53Z",
    "platform": "sentinel-1a",
    "sar:instrument_mode": "IW",
    "sar:polarizations": ["VV", "VH"],
    "sat:orbit_state": "ascending",
    "sat:relative_orbit": 173,
}
COLLECTION_1 = {
    "datetime": "2023-04-15T10:17:50Z",
    "platform": "sentinel-2a",
    "s2:processing_baseline": "05.09",
    "proj:code": "EPSG:32632",
}


def make_item(collection, properties, assets, fields=None):
    return pystac.Item.from_dict(
        {
            "type": "Feature",
            "stac_version": "1.0.0",
            "id": "ec16dbf6-9729-5a8f-9d72-5e83a8b9f30d",
            "collection": collection,
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[57, -20], [58, -20], [58, -19], [57, -19], [57, -20]]],
            },
            "bbox": [57, -20, 58, -19],
            "properties": copy.deepcopy(properties),
            "links": [],
            "assets": {key: {"href": f"https://a.b/{key}.tif", **(fields or {})} for key in assets},
        }
    )


def write_definition(folder, base, **changes):
    """A packaged definition with some of its keys changed."""
    content = yaml.safe_load((get_folder("catalogs") / f"{base}.yaml").read_text())
    content |= {"id": changes["collections"][0]} | changes
    path = folder / f"{content['id']}.yaml"
    path.write_text(yaml.safe_dump(content))
    return load_definition(str(path))


@pytest.mark.parametrize("applied, offset", [(True, 0.0), (False, -0.1)])
def test_digital_earth_africa_sentinel_2(applied, offset, tmp_path):
    definition = write_definition(
        tmp_path,
        "planetary-computer-sentinel-2-l2a",
        collections=["s2_l2a"],
        endpoint="https://explorer.digitalearth.africa/stac",
        offset_rule="earth-search",
        sign=None,
        credential=None,
    )
    properties = AFRICA_2 | {"sentinel:boa_offset_applied": applied}
    item = make_item("s2_l2a", properties, ["B04", "B08", "SCL"])
    bands = resolve_bands(item, definition, ["red", "nir", "scl"])
    assert bands["red"].offset == bands["nir"].offset == pytest.approx(offset)
    assert bands["scl"].offset == 0
    assert needs_dark_pixel_check(item, definition)
    assert bands["red"].crs == "EPSG:32740"
    assert read_candidate(item, item).platform == "sentinel-2b"


def test_digital_earth_africa_sentinel_1(tmp_path):
    """Its ``angle`` is the local one: it is not named, and the orbit gives the ellipsoid's."""
    definition = write_definition(
        tmp_path,
        "planetary-computer-sentinel-1-rtc",
        collections=["s1_rtc"],
        endpoint="https://explorer.digitalearth.africa/stac",
        resolution=20,
        sign=None,
        credential=None,
    )
    item = make_item("s1_rtc", AFRICA_1, ["vv", "vh", "angle", "area", "mask"])
    scene = resolve_scene(item, definition, ["vv"])
    assert set(scene.bands) == {"vv", "vh"}
    assert (scene.orbit_state, scene.relative_orbit) == ("ascending", 173)


def test_earth_search_collection_1(tmp_path):
    """Its offset is in the files; should an item say otherwise, it is not read."""
    definition = write_definition(
        tmp_path,
        "earth-search-sentinel-2-l2a",
        collections=["sentinel-2-c1-l2a"],
        offset_rule="processing-baseline",
    )
    for stated in ({}, {"raster:bands": [{"scale": 1e-4, "offset": -0.1, "nodata": 0}]}):
        item = make_item("sentinel-2-c1-l2a", COLLECTION_1, ["red", "scl"], stated)
        if stated:
            item.assets["scl"].extra_fields = {}
        assert resolve_bands(item, definition, ["red"])["red"].offset == pytest.approx(-0.1)
    taken_out = {"raster:bands": [{"scale": 1e-4, "offset": 0}]}
    item = make_item("sentinel-2-c1-l2a", COLLECTION_1, ["red", "scl"], taken_out)
    with pytest.raises(SceneError, match="its item declares offset 0"):
        resolve_bands(item, definition, ["red"])


@pytest.mark.parametrize(
    "said",
    [
        {"eo:bands": [{"name": "B08", "common_name": "nir"}]},
        {"bands": [{"name": "B08", "eo:common_name": "nir"}]},
    ],
)
def test_names_that_were_changed_give_no_other_colour(said):
    """What was infrared is called ``red`` from some day on, and says itself what it is."""
    definition = load_definition("earth-search-sentinel-2-l2a")
    item = make_item("sentinel-2-l2a", COLLECTION_1, ["red", "nir", "scl"], said)
    assert resolve_bands(item, definition, ["nir"])["nir"].href.endswith("nir.tif")
    with pytest.raises(SceneError, match=r"red\.tif: is taken for 'red', but its item says 'nir'"):
        resolve_bands(item, definition, ["red"])


def test_digital_earth_australia(tmp_path):
    """Its own mask, and a nodata that Sen2Cor's files do not have."""
    share = {"units": "1", "scale": 1e-4, "nodata": -999}
    bands = {
        "red": {"assets": ["nbart_red"], **share},
        "nir": {"assets": ["nbart_nir_1"], **share},
        "fmask": {"assets": ["oa_fmask"], "units": "class", "nodata": 0, "resampling": "nearest"},
    }
    changes = {
        "collections": ["ga_s2am_ard_3", "ga_s2bm_ard_3"],
        "endpoint": "https://explorer.dea.ga.gov.au/stac",
        "sign": "anonymous",
        "credential": None,
        "offset_rule": "fixed",
        "bands": bands,
        "classes": {"band": "fmask", "clear": [1, 4, 5], "water": [5], "snow": [4]},
        "query": {"dea:dataset_maturity": "final"},
    }
    definition = write_definition(tmp_path, "planetary-computer-sentinel-2-l2a", **changes)
    item = make_item("ga_s2am_ard_3", {"datetime": "2023-01-03T00:04:53Z"}, ["nbart_red"])
    red = resolve_bands(item, definition, ["red"])["red"]
    assert (red.scale, red.offset, red.nodata) == (1e-4, 0, -999)
    bands["red"]["scale"] = 0
    with pytest.raises(ConfigError, match=r"bands\.red.*'scale: 0' makes every value the same"):
        write_definition(tmp_path, "planetary-computer-sentinel-2-l2a", **changes)
