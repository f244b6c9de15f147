"""What an item says of its numbers: once, twice, otherwise than the definition, or not at all."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pystac
import pytest

from smmap.catalog.bands import resolve_bands
from smmap.catalog.definitions import load_definition
from smmap.spec.errors import SceneError

LOCAL = load_definition("local-sentinel-2")
LANDSAT = load_definition("planetary-computer-landsat-c2-l2")
LEVEL_1 = load_definition("usgs-landsat-c2-l1")
BASELINE_V0, APPLIED_V0 = "sentinel:processing_baseline", "sentinel:boa_offset_applied"
NAMED = "20200714T115221"
BASELINE = "s2:processing_baseline"
DATA_SPACE = load_definition("copernicus-sentinel-2-l2a")


def make_item(assets, fields=None, collection=None, **properties):
    item = pystac.Item("x", None, None, datetime(2023, 4, 1, tzinfo=UTC), properties)
    item.collection_id = collection
    for key in assets:
        item.add_asset(key, pystac.Asset(f"https://a.b/{key}.tif", extra_fields=fields or {}))
    return item


def test_scale_declared_in_both_versions_of_stac_is_applied_once():
    fields = {
        "raster:bands": [{"scale": 1e-4, "offset": -0.1, "nodata": 0}],
        "bands": [{"name": "B04", "raster:scale": 1e-4, "raster:offset": -0.1, "nodata": 0}],
        "raster:scale": 1e-4,
    }
    red = resolve_bands(make_item(["red"], fields), LOCAL, ["red"])["red"]
    assert (red.scale, red.offset, red.nodata) == (1e-4, -0.1, 0)


@pytest.mark.parametrize(
    "name, one, other", [("scale", 1e-4, 1e-3), ("offset", -0.1, 0), ("nodata", 0, "nan")]
)
def test_two_declarations_that_differ_are_refused(name, one, other):
    fields = {"raster:bands": [{name: one}], "bands": [{f"raster:{name}": other}]}
    with pytest.raises(SceneError, match=rf"red\.tif: {name} is declared twice"):
        resolve_bands(make_item(["red"], fields), LOCAL, ["red"])


def test_nodata_may_be_nan_twice():
    fields = {"raster:bands": [{"nodata": "nan"}], "nodata": math.nan}
    item = make_item(["vv"], fields)
    vv = resolve_bands(item, load_definition("local-sentinel-1"), ["vv"])["vv"]
    assert math.isnan(vv.nodata)


def test_numbers_packed_in_a_new_way_are_not_read_in_the_old_one():
    same = {"raster:bands": [{"scale": 2.75e-05, "offset": -0.2}]}
    assert resolve_bands(make_item(["red"], same), LANDSAT, ["red"])["red"].scale == 2.75e-5
    for changed in ({"scale": 1e-4, "offset": -0.2}, {"scale": 2.75e-5, "offset": 0}):
        with pytest.raises(SceneError, match=r"red\.tif: its item declares (scale|offset)"):
            resolve_bands(make_item(["red"], {"raster:bands": [changed]}), LANDSAT, ["red"])


@pytest.mark.parametrize("baseline, right", [("05.09", -0.1), ("03.01", 0.0)])
def test_what_contradicts_the_baseline_is_refused(baseline, right):
    """Files whose offset was taken out, of which the baseline still speaks: nobody can tell."""
    item = make_item(["B04_10m"], {"raster:offset": right}, **{"processing:version": baseline})
    assert resolve_bands(item, DATA_SPACE, ["red"])["red"].offset == pytest.approx(right)
    for changed in ({"raster:offset": -0.1 - right}, {"raster:scale": 1e-3}):
        item = make_item(["B04_10m"], changed, **{"processing:version": baseline})
        with pytest.raises(SceneError, match=r"B04_10m\.tif: its item declares (scale|offset)"):
            resolve_bands(item, DATA_SPACE, ["red"])


@pytest.mark.parametrize(
    "properties, offset",
    [
        ({APPLIED_V0: True, BASELINE_V0: "05.09"}, 0),
        ({APPLIED_V0: False, BASELINE_V0: "04.00"}, -0.1),
        ({BASELINE_V0: "02.14", APPLIED_V0: False}, 0),
        ({APPLIED_V0: False, "sentinel:product_id": f"S2A_MSIL2A_{NAMED}_N0214_R123"}, 0),
        ({APPLIED_V0: False, "sentinel:product_id": f"S2A_MSIL2A_{NAMED}_N0509_R123"}, -0.1),
    ],
)
def test_copies_of_the_first_earth_search_say_it_under_other_names(properties, offset):
    """Digital Earth Africa's ``s2_l2a`` keeps them."""
    red = resolve_bands(make_item(["B04"], **properties), LOCAL, ["red"])["red"]
    assert red.offset == pytest.approx(offset)


def test_level_1_is_divided_by_the_sine_of_the_suns_elevation():
    """DN 10000: 2e-5 x 10000 - 0.1 = 0.1; the sun at 30 degrees lights half as much."""
    item = make_item(["red"], platform="LANDSAT_8", **{"view:sun_elevation": 30.0})
    red = resolve_bands(item, LEVEL_1, ["red"])["red"]
    assert 10000 * red.scale + red.offset == pytest.approx(0.2)
    flags = resolve_bands(make_item(["qa_pixel"]), LEVEL_1, ["qa_pixel"])["qa_pixel"]
    assert (flags.scale, flags.offset, flags.nodata) == (1, 0, 1)


@pytest.mark.parametrize("elevation", [None, 0, -3, 91, "low"])
def test_level_1_without_a_sun_is_refused(elevation):
    item = make_item(["red"], platform="landsat-8", **{"view:sun_elevation": elevation})
    with pytest.raises(SceneError, match="x: no usable 'view:sun_elevation'"):
        resolve_bands(item, LEVEL_1, ["red"])


def test_thermal_constants_are_those_of_the_platform():
    for platform, scale, first in (
        ("LANDSAT_8", 3.342e-4, 774.8853),
        ("landsat-9", 3.8e-4, 799.0284),
    ):
        item = make_item(["lwir11"], platform=platform, **{"view:sun_elevation": 30})
        thermal = resolve_bands(item, LEVEL_1, ["surface_temperature"])["surface_temperature"]
        assert (thermal.scale, thermal.offset, thermal.planck[0]) == (scale, 0.1, first)
    with pytest.raises(SceneError, match="no thermal constants for platform 'landsat-7'"):
        resolve_bands(make_item(["lwir11"], platform="LANDSAT_7"), LEVEL_1, ["surface_temperature"])


def test_nodata_by_collection():
    definition = load_definition("planetary-computer-alos-dem")
    for collection, key, nodata in (("alos-dem", "data", -9999), ("nasadem", "elevation", -32768)):
        item = make_item([key], collection=collection)
        assert resolve_bands(item, definition, ["elevation"])["elevation"].nodata == nodata


def test_the_other_address_of_an_asset_where_the_definition_wants_it():
    fields = {"alternate": {"s3": {"href": "s3://bucket/red.tif"}}}
    definition = load_definition("earth-search-landsat-c2-l2")
    assert resolve_bands(make_item(["red"], fields), definition, ["red"])["red"].href == (
        "s3://bucket/red.tif"
    )
    for other in ({}, {"alternate": {}}, {"alternate": {"s3": {}}}, {"alternate": ["s3"]}):
        red = resolve_bands(make_item(["red"], other), definition, ["red"])["red"]
        assert red.href == "https://a.b/red.tif"
    assert resolve_bands(make_item(["red"], fields), LANDSAT, ["red"])["red"].href.startswith(
        "http"
    )


@pytest.mark.parametrize("version, offset", [("02.14", 0), ("05.11", -0.1)])
def test_the_copernicus_data_space_states_its_baseline_as_a_version(version, offset):
    item = make_item(["B04_10m"], **{"processing:version": version})
    assert resolve_bands(item, DATA_SPACE, ["red"])["red"].offset == offset


def test_level_1c_must_state_its_offset():
    """Nothing tells whether a scene of one's own carries it, but for the item."""
    definition = load_definition("local-sentinel-2-l1c")
    with pytest.raises(SceneError, match="states neither baseline nor offset"):
        resolve_bands(make_item(["red"]), definition, ["red"])
    stated = make_item(["red"], {"raster:offset": -0.1})
    assert resolve_bands(stated, definition, ["red"])["red"].offset == -0.1
    old = make_item(["red"], **{"s2:processing_baseline": "02.09"})
    assert resolve_bands(old, definition, ["red"])["red"].offset == 0


def test_a_renamed_asset_is_named():
    item = make_item(["Red", "qa_pixel"], platform="landsat-8")
    with pytest.raises(
        SceneError, match=r"no asset for band 'red' \(tried red; it has Red, qa_pixe"
    ):
        resolve_bands(item, LANDSAT, ["red"])


def test_a_cloud_score_carries_no_offset_of_reflectances():
    definition = load_definition("local-sentinel-2-l1c")
    item = make_item(["red"], {"raster:bands": [{"offset": -0.1}]}, **{BASELINE: "05.09"})
    item.add_asset("cloud_score", pystac.Asset("https://a.b/score.tif"))
    bands = resolve_bands(item, definition, ["red", "cloud_score"])
    assert (bands["red"].offset, bands["cloud_score"].offset) == (-0.1, 0.0)


@pytest.mark.parametrize("stated", [{"scale": 0}, {"scale": "nan"}, {"offset": "inf"}])
def test_a_scale_that_is_none_is_refused(stated):
    """Everything would be 0, or nothing, without a word."""
    item = make_item(["vv"], {"raster:bands": [stated]})
    with pytest.raises(SceneError, match=r"vv\.tif: declared (scale|offset) is (0|'nan'|'inf')"):
        resolve_bands(item, load_definition("local-sentinel-1"), ["vv"])


@pytest.mark.parametrize("stated", [{"scale": 1e-4, "offset": -1000}, {"scale": 10000}])
def test_what_is_stated_the_wrong_way_round_is_refused(stated):
    """The offset in stored numbers, as ESA's metadata has it; the scale as a divisor."""
    item = make_item(["red"], {"raster:bands": [stated]}, **{BASELINE: "02.14"})
    with pytest.raises(SceneError, match=r"red\.tif: scale .* give no reflectance"):
        resolve_bands(item, LOCAL, ["red"])


def test_what_the_item_means_by_nodata_counts_beside_the_definition():
    item = make_item(["red"], {"raster:bands": [{"nodata": 65535}]}, **{BASELINE: "02.14"})
    red = resolve_bands(item, LOCAL, ["red"])["red"]
    assert (red.nodata, red.other_nodata) == (0, 65535)
    dem = load_definition("planetary-computer-cop-dem-glo-30")
    height = resolve_bands(make_item(["data"], {"nodata": -32767}), dem, ["elevation"])["elevation"]
    assert (height.nodata, height.other_nodata) == (-32767, None)


def test_a_definition_of_files_as_esa_made_them_on_items_of_others():
    """As of Digital Earth Africa, by a copy of another provider's definition."""
    definition = load_definition("planetary-computer-sentinel-2-l2a")
    taken_out = make_item(["B04"], **{APPLIED_V0: True, BASELINE: "05.09"})
    with pytest.raises(SceneError, match="it needs 'offset_rule: earth-search'"):
        resolve_bands(taken_out, definition, ["red"])
    for applied, baseline, offset in ((False, "05.09", -0.1), (True, "02.14", 0)):
        item = make_item(["B04"], **{APPLIED_V0: applied, BASELINE: baseline})
        assert resolve_bands(item, definition, ["red"])["red"].offset == pytest.approx(offset)
