"""Processing baselines as providers write them, as ESA names products, and as nobody should."""

from __future__ import annotations

from datetime import UTC, datetime

import pystac
import pytest

from smmap.catalog.bands import resolve_bands
from smmap.catalog.baseline import find_baseline
from smmap.catalog.definitions import load_definition
from smmap.spec.errors import SceneError

PLANETARY = load_definition("planetary-computer-sentinel-2-l2a")
STATED = "s2:processing_baseline"


def make_item(name="x", **properties):
    item = pystac.Item(name, None, None, datetime(2018, 4, 1, tzinfo=UTC), properties)
    for key in ("B04", "SCL"):
        item.add_asset(key, pystac.Asset(f"https://a.b/{key}.tif"))
    return item


def name_product(baseline, level="2A"):
    return f"S2A_MSIL{level}_20180415T101601_{baseline}_R065_T32TPS_20180415T142500"


@pytest.mark.parametrize(
    "text, number",
    [
        ("02.14", 2.14),
        ("0214", 2.14),
        ("N0214", 2.14),
        ("N05.09", 5.09),
        (" 05.09 ", 5.09),
        (4, 4.0),
        ("5.1", 5.1),
    ],
)
def test_ways_to_write_it(text, number):
    assert find_baseline(make_item(**{STATED: text})) == pytest.approx(number)


def test_an_old_scene_written_without_a_point_carries_no_offset():
    """As a plain number 0214 is far above 4."""
    for text, offset in (("0214", 0.0), ("0400", -0.1)):
        red = resolve_bands(make_item(**{STATED: text}), PLANETARY, ["red"])["red"]
        assert red.offset == offset


def test_the_products_name_says_it_too():
    assert find_baseline(make_item(name_product("N0214"))) == 2.14
    assert find_baseline(make_item(name_product("N0400", "1C"))) == 4.0
    named = {"s2:product_uri": f"{name_product('N0509')}.SAFE"}
    assert find_baseline(make_item(**named)) == 5.09
    assert find_baseline(make_item(name_product("N0509"), **{STATED: "05.09"})) == 5.09
    assert find_baseline(make_item("S2A_33TWL_20230815_0_L2A")) is None


def test_a_name_that_contradicts_is_refused():
    item = make_item(name_product("N0214"), **{"processing:version": "05.11"})
    with pytest.raises(SceneError, match=r"states processing baseline 05\.11, .* as of 02\.14"):
        find_baseline(item)


@pytest.mark.parametrize("text", ["99.99", "99.33", "9999"])
def test_who_ran_the_processor_himself_says_nothing_of_the_offset(text):
    """Sen2Cor outside ESA marks its products so, whatever level 1C it was given."""
    assert find_baseline(make_item(**{STATED: text})) is None
    with pytest.raises(SceneError, match="no processing baseline of ESA's"):
        resolve_bands(make_item(**{STATED: text}), PLANETARY, ["red"])
    item = make_item(name_product("N9999"))
    with pytest.raises(SceneError, match="no processing baseline of ESA's"):
        resolve_bands(item, PLANETARY, ["red"])


@pytest.mark.parametrize("said, offset", [("true", 0.0), ("False", -0.1), (True, 0.0)])
def test_earth_searchs_word_as_text(said, offset):
    definition = load_definition("earth-search-sentinel-2-l2a")
    item = make_item(**{STATED: "05.09", "earthsearch:boa_offset_applied": said})
    item.add_asset("red", pystac.Asset("https://a.b/red.tif"))
    assert resolve_bands(item, definition, ["red"])["red"].offset == offset


@pytest.mark.parametrize("said", ["yes", 1, 0.0, []])
def test_earth_searchs_word_that_is_none(said):
    definition = load_definition("earth-search-sentinel-2-l2a")
    item = make_item(**{STATED: "05.09", "earthsearch:boa_offset_applied": said})
    item.add_asset("red", pystac.Asset("https://a.b/red.tif"))
    with pytest.raises(SceneError, match="boa_offset_applied is neither true nor false"):
        resolve_bands(item, definition, ["red"])
