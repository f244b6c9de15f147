"""Scale, offset and nodata: decided once, by the definition's rule."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pystac
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smmap.catalog.bands import has_band, needs_dark_pixel_check, resolve_bands
from smmap.catalog.definitions import load_definition
from smmap.spec.errors import CatalogError, ConfigError, SceneError
from smmap.store.signing import sign_href

LOCAL = load_definition("local-sentinel-2")
PLANETARY = load_definition("planetary-computer-sentinel-2-l2a")
EARTH_SEARCH = load_definition("earth-search-sentinel-2-l2a")
APPLIED = "earthsearch:boa_offset_applied"


def make_item(assets=("red", "scl"), fields=None, **properties):
    item = pystac.Item("x", None, None, datetime(2023, 4, 1, tzinfo=UTC), properties)
    for key in assets:
        item.add_asset(key, pystac.Asset(f"https://a.b/{key}.tif", extra_fields=fields or {}))
    return item


def baseline(text):
    return {"s2:processing_baseline": text}


@pytest.mark.parametrize(
    "text, offset", [("00.01", 0), ("02.14", 0), ("03.01", 0), ("04.00", -0.1), ("05.10", -0.1)]
)
def test_planetary_computer_offset_follows_the_baseline(text, offset):
    bands = resolve_bands(make_item(["B04", "SCL"], **baseline(text)), PLANETARY, ["red", "scl"])
    assert (bands["red"].scale, bands["red"].offset, bands["red"].nodata) == (1e-4, offset, 0)
    scl = bands["scl"]
    assert (scl.scale, scl.offset, scl.units, scl.resampling) == (1, 0, "class", "nearest")
    # 1000 is what a black surface is stored as once the offset is there
    assert 1000 * bands["red"].scale + bands["red"].offset == pytest.approx(0.1 + offset)


@pytest.mark.parametrize("properties", [{}, baseline(None), baseline("new")])
def test_reflectance_without_a_baseline_is_refused(properties):
    item = make_item(["B04", "SCL"], **properties)
    with pytest.raises(SceneError, match=r"x: .*s2:processing_baseline"):
        resolve_bands(item, PLANETARY, ["red"])
    assert resolve_bands(item, PLANETARY, ["scl"])["scl"].offset == 0


@pytest.mark.parametrize("listed", [-0.1, 0.0, None])
@pytest.mark.parametrize(
    "properties, offset, check",
    [
        ({APPLIED: True, **baseline("05.09")}, 0.0, True),
        ({APPLIED: True}, 0.0, True),
        ({APPLIED: False, **baseline("05.09")}, -0.1, True),
        (baseline("04.00"), -0.1, True),
        ({APPLIED: False, **baseline("03.01")}, 0.0, False),
        (baseline("03.01"), 0.0, False),
    ],
)
def test_earth_search_offset_follows_its_own_property(properties, offset, check, listed):
    fields = {} if listed is None else {"raster:bands": [{"scale": 1e-4, "offset": listed}]}
    item = make_item(fields=fields, **properties)
    assert resolve_bands(item, EARTH_SEARCH, ["red"])["red"].offset == offset
    assert needs_dark_pixel_check(item, EARTH_SEARCH) is check


def test_earth_search_without_any_statement_is_refused():
    with pytest.raises(SceneError, match="baseline"):
        resolve_bands(make_item(), EARTH_SEARCH, ["red"])


@pytest.mark.parametrize(
    "fields",
    [
        {"raster:bands": [{"scale": 2e-4, "offset": -0.2, "nodata": 7}]},  # STAC 1.0
        {"bands": [{"raster:scale": 2e-4, "raster:offset": -0.2, "nodata": 7}]},  # STAC 1.1
        {"raster:scale": 2e-4, "raster:offset": -0.2, "nodata": 7},
        {"bands": [{"name": "red"}], "raster:scale": 2e-4, "raster:offset": -0.2},
    ],
)
def test_declared_scale_and_offset_are_taken_from_any_version_of_stac(fields):
    red = resolve_bands(make_item(fields=fields), LOCAL, ["red"])["red"]
    assert (red.scale, red.offset, red.nodata) == (2e-4, -0.2, 0)  # nodata: the definition's


def test_declared_nodata_counts_where_the_definition_has_none():
    radar = load_definition("local-sentinel-1")
    zero = make_item(["vv"], {"raster:bands": [{"nodata": 0}]})
    assert resolve_bands(zero, radar, ["vv"])["vv"].nodata == 0
    nan = resolve_bands(make_item(["vv"], {"raster:bands": [{"nodata": "nan"}]}), radar, ["vv"])
    assert nan["vv"].nodata != nan["vv"].nodata
    assert resolve_bands(make_item(["vv"]), radar, ["vv"])["vv"].nodata is None


def test_declared_value_that_is_no_number_is_refused():
    item = make_item(fields={"raster:bands": [{"scale": "tiny"}]})
    with pytest.raises(SceneError, match=r"red\.tif.*scale.*'tiny'"):
        resolve_bands(item, LOCAL, ["red"])


def test_undeclared_scale_is_the_definitions():
    red = resolve_bands(make_item(), LOCAL, ["red"])["red"]
    assert (red.scale, red.offset) == (1e-4, 0)


def test_copy_of_planetary_computer_items_must_state_its_offset():
    with pytest.raises(SceneError, match=r"05\.09.*raster:offset"):
        resolve_bands(make_item(**baseline("05.09")), LOCAL, ["red"])
    stated = make_item(fields={"raster:bands": [{"offset": 0}]}, **baseline("05.09"))
    assert resolve_bands(stated, LOCAL, ["red"])["red"].offset == 0


def test_copy_of_earth_search_items_keeps_their_rule():
    fields = {"raster:bands": [{"scale": 1e-4, "offset": -0.1}]}
    item = make_item(fields=fields, **{APPLIED: True}, **baseline("05.09"))
    assert resolve_bands(item, LOCAL, ["red"])["red"].offset == 0
    assert needs_dark_pixel_check(item, LOCAL)


@pytest.mark.parametrize(
    "fields, properties, check",
    [
        ({}, {}, True),  # neither offset nor baseline
        ({"raster:bands": [{"scale": 1e-4}]}, {}, True),
        ({"raster:bands": [{"scale": 1e-4, "offset": 0}]}, {}, False),
        ({"raster:bands": [{"scale": 1e-4, "offset": -0.1}]}, {}, False),
        ({"raster:offset": 0}, {}, False),
        ({}, baseline("03.01"), False),  # no offset then
        ({"raster:bands": [{"offset": 0}]}, baseline("03.01"), False),
        ({"raster:bands": [{"offset": -0.1}]}, baseline("05.09"), False),
        # Taken out, or stated for all scenes alike: not what ESA's files of the baseline carry.
        ({"raster:bands": [{"offset": 0}]}, baseline("05.09"), True),
        ({"raster:bands": [{"offset": -0.1}]}, baseline("03.01"), True),
    ],
)
def test_local_items_whose_offset_is_not_certain_are_checked(fields, properties, check):
    item = make_item(fields=fields, **properties)
    assert resolve_bands(item, LOCAL, ["red"])["red"].offset in (0, -0.1)
    assert needs_dark_pixel_check(item, LOCAL) is check


def test_one_band_without_a_statement_is_enough_for_the_check():
    item = make_item(["red", "nir"], {"raster:bands": [{"offset": 0}]})
    item.assets["nir"].extra_fields = {}
    assert needs_dark_pixel_check(item, LOCAL)


@pytest.mark.parametrize("text", ["nan", float("nan"), [5], True])
def test_a_baseline_that_is_no_number_is_refused(text):
    with pytest.raises(SceneError, match="s2:processing_baseline is no number"):
        resolve_bands(make_item(["B04"], **baseline(text)), PLANETARY, ["red"])


@pytest.mark.parametrize("rows", [5, "none", {"offset": -0.1}, ["none"], [None], []])
def test_raster_metadata_of_another_shape_declare_nothing(rows):
    item = make_item(fields={"raster:bands": rows}, **baseline("03.01"))
    assert resolve_bands(item, LOCAL, ["red"])["red"].offset == 0


def test_bands_say_how_they_are_signed():
    item = make_item(["B04"], **baseline("03.01"))
    red = resolve_bands(item, PLANETARY, ["red"])["red"]
    assert (red.href, red.sign) == ("https://a.b/B04.tif", "planetary-computer")
    assert resolve_bands(make_item(**baseline("03.01")), LOCAL, ["red"])["red"].sign is None


def test_missing_asset_names_item_band_and_keys():
    with pytest.raises(SceneError, match=r"x: .*'nir' \(tried nir, B08, B08_10m; it has red, scl"):
        resolve_bands(make_item(), LOCAL, ["nir"])
    assert has_band(make_item(), LOCAL, "red")
    assert not has_band(make_item(), LOCAL, "nir")
    assert not has_band(make_item(), LOCAL, "ultraviolet")


def test_unknown_band_is_a_mistake_in_the_configuration():
    with pytest.raises(ConfigError, match="ultraviolet"):
        resolve_bands(make_item(), LOCAL, ["ultraviolet"])


def test_relative_address_without_a_place_is_refused():
    item = make_item([])
    item.add_asset("red", pystac.Asset("./red.tif"))
    with pytest.raises(SceneError, match="relative"):
        resolve_bands(item, LOCAL, ["red"])


@pytest.mark.parametrize(
    "assets, properties",
    [
        (["hh", "hv"], {"sar:polarizations": ["HH", "HV"]}),
        (["hh-rtc", "thumbnail"], {}),
        (["vv"], {"sar:polarizations": ["HH"]}),
        (["vv"], {"sar:polarizations": "HH+HV"}),
    ],
)
def test_hh_and_hv_are_refused(assets, properties):
    with pytest.raises(SceneError, match="HH/HV is refused"):
        resolve_bands(make_item(assets, **properties), load_definition("local-sentinel-1"), ["vv"])


@pytest.mark.parametrize("stated", ["VV VH", 5, {"VV": 1}, [None], "n/a"])
def test_polarizations_of_another_shape_are_no_error(stated):
    item = make_item(["vv"], **{"sar:polarizations": stated})
    assert set(resolve_bands(item, load_definition("local-sentinel-1"), ["vv"])) == {"vv"}


def test_vv_beside_hh_is_fine():
    item = make_item(["vv", "hh"])
    assert set(resolve_bands(item, load_definition("local-sentinel-1"), ["vv"])) == {"vv"}


@given(
    st.floats(0, 6),
    st.sampled_from([True, False, None]),
    st.sampled_from([None, 0.0, -0.1]),
    st.sampled_from([LOCAL, PLANETARY, EARTH_SEARCH]),
)
def test_the_offset_is_never_applied_twice(number, applied, listed, definition):
    fields = {} if listed is None else {"raster:bands": [{"offset": listed}]}
    properties = baseline(f"{number:05.2f}") | ({} if applied is None else {APPLIED: applied})
    item = make_item(["red", "B04"], fields, **properties)
    try:
        offset = resolve_bands(item, definition, ["red"])["red"].offset
    except SceneError:
        doubtful = listed is not None or applied
        assert definition is LOCAL or (definition is PLANETARY and doubtful)
    else:
        assert offset in ((0.0,) if applied else (0.0, -0.1))


@pytest.mark.parametrize(
    "href",
    [
        "/data/vv.tif",
        "https://a.b/vv.tif",
        "https://x/.blob.core.windows.net",
    ],
)
def test_addresses_outside_azure_stay(href):
    assert sign_href(href, "planetary-computer") == href


def test_addresses_of_providers_that_do_not_sign_stay():
    href = "https://account.blob.core.windows.net/container/vv.tif"
    assert sign_href(href, LOCAL.sign) == href


def test_missing_extra_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "planetary_computer", None)  # as if it were not installed
    with pytest.raises(CatalogError, match=r"smmap\[sign\]"):
        sign_href("https://account.blob.core.windows.net/container/vv.tif", PLANETARY.sign)


def test_an_asset_that_is_netcdf_is_the_variable_of_its_name():
    """A STAC of one's own over reanalysis files."""
    weather = load_definition("cds-era5-land").model_copy(update={"kind": "stac-static"})
    item = pystac.Item("x", None, None, datetime(2023, 5, 3, tzinfo=UTC), {})
    item.add_asset("swvl1", pystac.Asset("https://a.b/2023-05-03.nc"))
    moisture = resolve_bands(item, weather, ["soil_moisture"])["soil_moisture"]
    assert (moisture.reader, moisture.variable) == ("netcdf", "swvl1")


@pytest.mark.parametrize(
    "said",
    [
        {"title": "Local Incidence Angle"},
        {"description": "local incident angle, degrees"},
        {"href": "https://a.b/Gamma0_local_incident_angle.tif"},
    ],
)
def test_the_local_angle_does_not_stand_in_for_that_of_the_ellipsoid(said):
    """Some providers call it ``angle`` or ``incidence``; then the orbit gives the ellipsoid's."""
    radar = load_definition("local-sentinel-1")
    item = make_item(["vv"])
    item.add_asset("incidence", pystac.Asset(**{"href": "https://a.b/angle.tif", **said}))
    assert not has_band(item, radar, "incidence")
    item.add_asset("angle", pystac.Asset("https://a.b/ellipsoid.tif", title="Incidence angle"))
    found = resolve_bands(item, radar, ["incidence"])["incidence"]
    assert found.href == "https://a.b/ellipsoid.tif"
