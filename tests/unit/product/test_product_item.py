"""The item: what it says, and that it validates."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pystac
import pytest

from smmap.product.document import encode_document
from smmap.product.item import compute_item
from smmap.spec.tile import Block
from smmap.version import PRODUCT_VERSION, __version__


def test_core_schema(unit, facts, validate_core):
    validate_core(compute_item(unit, facts))


@pytest.mark.realdata
def test_all_schemas(unit, facts, validate_all):
    item = compute_item(unit, facts)
    assert len(item.stac_extensions) == 7
    validate_all(item)


@pytest.mark.realdata
def test_all_schemas_with_little_known(unit, facts, validate_all):
    bare = replace(unit.overpass, platform="unknown", orbit_state=None, relative_orbit=None)
    bare = replace(
        bare, items=tuple(pystac.Item(o.id, None, None, o.datetime, {}) for o in bare.items)
    )
    facts = replace(facts, incidence_deg=None, statistics={}, provider={}, lineage="")
    item = compute_item(replace(unit, overpass=bare), facts)
    assert not [name for name in item.properties if name.startswith(("sat:", "sar:", "view:"))]
    assert "platform" not in item.properties
    validate_all(item)


@pytest.mark.realdata
def test_empty_unit_has_no_pixels(unit, facts, validate_all):
    item = compute_item(unit, replace(facts, status="empty"))
    assert item.assets == {}
    assert item.properties["smmap:status"] == "empty"
    validate_all(item)


def test_projection_is_that_of_the_area(unit, facts):
    item = compute_item(unit, facts)
    assert item.properties["proj:code"] == "EPSG:32631"
    assert item.properties["proj:shape"] == [300, 400]
    assert item.properties["proj:transform"] == [10, 0, 616400, 0, -10, 5631000]
    whole = item.assets["slice"].extra_fields
    assert whole["proj:shape"] == [10240, 10240]
    assert whole["proj:transform"] == [10, 0, 614400, 0, -10, 5632000]


def test_times_and_orbit(unit, facts):
    item = compute_item(unit, facts)
    assert item.datetime == datetime(2023, 4, 2, 5, 40, 23, 750000, tzinfo=UTC)
    assert item.properties["start_datetime"] == "2023-04-02T05:40:11Z"
    assert item.properties["end_datetime"] == "2023-04-02T05:40:36.500000Z"
    assert item.properties["sat:orbit_state"] == "descending"
    assert item.properties["sat:relative_orbit"] == 37
    assert item.properties["sat:absolute_orbit"] == 47918
    assert item.properties["sar:polarizations"] == ["VV", "VH"]
    assert item.properties["platform"] == "sentinel-1a"
    assert item.properties["view:incidence_angle"] == 38.5


def test_what_made_it(unit, facts):
    properties = compute_item(unit, facts).properties
    assert properties["processing:level"] == "L4"
    assert properties["processing:software"] == {"smmap": __version__}
    assert properties["processing:version"] == PRODUCT_VERSION
    assert properties["smmap:fingerprint"] == facts.fingerprint
    assert properties["smmap:inputs"] == unit.fingerprint
    assert properties["smmap:provider"] == {"asked": "auto", "got": "cpu"}
    assert properties["smmap:effective_looks"] == 60
    assert properties["smmap:skipped"] == ["S1A_three: truncated"]
    assert "smmap:attribution" not in properties


def test_what_its_sources_ask_it_to_say(unit, facts):
    facts = replace(facts, attribution=("Elevation: B", "Copernicus data", "Elevation: B"))
    facts = replace(facts, licences=("https://a.b/terms", "CC-BY-4.0", "CC-BY-4.0"))
    properties = compute_item(unit, facts).properties
    assert properties["smmap:licences"] == ["CC-BY-4.0", "https://a.b/terms"]
    assert properties["smmap:attribution"] == ["Copernicus data", "Elevation: B"]


def test_assets_say_how_to_read_them(unit, facts):
    assets = compute_item(unit, facts).assets
    sm = assets["sm"].to_dict()
    assert sm["raster:scale"] == 0.0001
    assert sm["raster:offset"] == 0
    assert (sm["nodata"], sm["data_type"], sm["unit"]) == (-32768, "int16", "m3 m-3")
    assert sm["file:checksum"] == "1220" + "ab" * 32
    assert sm["file:size"] == 1000
    assert sm["statistics"]["mean"] == 0.2
    assert sm["href"] == f"./{facts.fingerprint[:8]}/a_sm.tif"
    assert sm["roles"] == ["data"]
    quality = assets["sm_quality"].to_dict()
    assert quality["roles"] == ["data-mask"]
    assert quality["smmap:flag_masks"][0] == 1
    assert "raster:scale" not in quality
    assert assets["thumbnail"].roles == ["thumbnail"]
    assert "file:checksum" not in assets["slice"].extra_fields


def test_links(unit, facts):
    item = compute_item(unit, facts)
    derived = [link.target for link in item.get_links("derived_from")]
    assert derived == [
        "/scenes/s1/S1A_one.json",
        "/scenes/s1/S1A_two.json",
        "/scenes/s2/S2A_x.json",
        "/scenes/dem/N50E004.json",
        "../../../../../models/physics-1.0/physics-1.0.json",
    ]
    places = {rel: item.get_single_link(rel).target for rel in ("root", "parent", "collection")}
    assert places == {
        "root": "../../../../../catalog.json",
        "parent": "../catalog.json",
        "collection": "../../collection.json",
    }
    assert item.get_single_link("self") is None


def test_same_facts_same_item(unit, facts):
    one, other = compute_item(unit, facts), compute_item(unit, facts)
    assert encode_document(one) == encode_document(other)


def test_reads_back(unit, facts):
    document = json.loads(encode_document(compute_item(unit, facts)))
    again = pystac.Item.from_dict(document)
    assert again.bbox == document["bbox"]
    assert again.datetime == unit.overpass.datetime


def test_crs_without_a_code(unit, facts):
    from affine import Affine
    from odc.geo.geobox import GeoBox

    wkt = "+proj=laea +lat_0=50 +lon_0=5 +ellps=WGS84 +units=m"
    geobox = GeoBox((100, 100), Affine(10, 0, 0, 0, -10, 0), wkt)
    item = compute_item(replace(unit, area=Block.whole(geobox)), replace(facts, files={}))
    assert "proj:code" not in item.properties
    assert item.properties["proj:wkt2"].startswith("PROJCRS")
