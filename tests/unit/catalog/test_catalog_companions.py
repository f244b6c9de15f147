"""Scenes whose bands lie in two collections."""

from __future__ import annotations

import json

import pytest
import shapely

from smmap.catalog.bands import find_obstacle, has_band
from smmap.catalog.candidate import mark_version
from smmap.catalog.companions import _read_key, find_scenes
from smmap.catalog.definitions import load_definition
from smmap.catalog.static import StaticCatalog

OPERA = load_definition("asf-opera-rtc-s1").model_copy(update={"kind": "stac-static"})
LEVEL_1C = load_definition("copernicus-sentinel-2-l1c").model_copy(update={"kind": "stac-static"})
BOX = (4.0, 50.0, 7.0, 52.0)
BURST, OTHER = "T137-292320-IW2", "T137-292321-IW2"


def write_catalog(folder, items):
    """(id, collection, time, asset keys, updated) each."""
    links = []
    for name, collection, moment, assets, updated in items:
        document = {
            "type": "Feature",
            "stac_version": "1.0.0",
            "id": name,
            "collection": collection,
            "geometry": shapely.geometry.mapping(shapely.box(*BOX)),
            "bbox": list(BOX),
            "properties": {"datetime": moment, "updated": updated, "platform": "x"},
            "links": [],
            "assets": {key: {"href": f"./{name}_{key}.tif"} for key in assets},
        }
        (folder / f"{name}.json").write_text(json.dumps(document))
        links.append({"rel": "item", "href": f"./{name}.json"})
    root = {"type": "Catalog", "stac_version": "1.0.0", "id": "c", "description": "c"}
    (folder / "catalog.json").write_text(json.dumps(root | {"links": links}))
    return StaticCatalog(str(folder))


def make_burst(burst, day="20211119", updated="2022-01-01T00:00:00Z"):
    name = f"OPERA_L2_RTC-S1_{burst}_{day}T015900Z_20250830T120333Z_S1A_30_v1.0"
    moment = f"{day[:4]}-{day[4:6]}-{day[6:]}T01:59:00Z"
    return name, "OPERA_L2_RTC-S1_V1_1", moment, ["0_VV", "0_VH"], updated


def make_static(burst, version="1.0", updated="2021-01-01T00:00:00Z", keys=("incidence_angle",)):
    name = f"OPERA_L2_RTC-S1-STATIC_{burst}_20140403_S1A_30_v{version}"
    keys = [*keys, "local_incidence_angle", "0_VV"]
    return name, "OPERA_L2_RTC-S1-STATIC_V1_1", "2014-04-03T00:00:00Z", keys, updated


@pytest.fixture
def bursts(tmp_path):
    items = [make_burst(BURST), make_burst(BURST, "20211201"), make_burst(OTHER)]
    return write_catalog(tmp_path, [*items, make_static(BURST)])


def test_a_burst_gets_the_angle_of_its_own_static_layers(bursts):
    found = {one.id: one for one in find_scenes(bursts, OPERA, BOX, None)}
    assert len(found) == 3
    for name, one in found.items():
        mine = BURST in name
        assert has_band(one.item, OPERA, "incidence") is mine
        assert find_obstacle(one, OPERA, ["incidence"]) == (
            None if mine else "no asset for incidence"
        )
        if mine:
            angle = one.item.assets["incidence_angle"].get_absolute_href()
            assert angle.endswith(f"STATIC_{BURST}_20140403_S1A_30_v1.0_incidence_angle.tif")
            assert angle.startswith("/")
        assert "local_incidence_angle" not in one.assets  # that is not the ellipsoid's
        # its own assets stay its own, though the static layers have one so called
        assert f"{name}_0_VV" in one.item.assets["0_VV"].href


def test_a_scene_changes_with_its_companion(tmp_path):
    versions = []
    for updated in ("2021-01-01T00:00:00Z", "2021-01-02T00:00:00Z"):
        items = [make_burst(BURST), make_static(BURST, updated=updated)]
        (one,) = find_scenes(write_catalog(tmp_path, items), OPERA, BOX, None)
        versions.append(mark_version(one.item))
    assert versions[0] != versions[1]


def test_the_newest_companion_counts(tmp_path):
    late, early = "2023-01-01T00:00:00Z", "2021-01-01T00:00:00Z"
    items = [make_static(BURST, "0.9", late), make_static(BURST, "1.0", early), make_burst(BURST)]
    (one,) = find_scenes(write_catalog(tmp_path, items), OPERA, BOX, None)
    assert "v0.9" in one.item.assets["incidence_angle"].href


def test_level_1c_gets_the_mask_of_its_own_level_2a(tmp_path):
    """By platform, time, orbit and tile, whatever the baselines and the times of processing."""
    moment, updated = "2024-07-16T09:15:59Z", "2024-07-17T00:00:00Z"
    scene = "S2A_MSIL1C_20240716T091559_N0510_R093_T34SEH_20240716T104500"
    twin = "S2A_MSIL2A_20240716T091559_N0511_R093_T34SEH_20240716T142959"
    items = [
        (scene, "sentinel-2-l1c", moment, ["B04"], updated),
        (twin.replace("T34SEH", "T34SEJ"), "sentinel-2-l2a", moment, ["SCL_20m"], updated),
        (twin.replace("S2A", "S2B"), "sentinel-2-l2a", moment, ["SCL_20m"], updated),
    ]
    (tmp_path / "without").mkdir()
    (one,) = find_scenes(write_catalog(tmp_path / "without", items), LEVEL_1C, BOX, None)
    assert find_obstacle(one, LEVEL_1C, LEVEL_1C.flag_bands) == "no asset for scl"
    items.append((twin, "sentinel-2-l2a", moment, ["SCL_20m", "B04_10m"], updated))
    (one,) = find_scenes(write_catalog(tmp_path, items), LEVEL_1C, BOX, None)
    assert one.assets == ("SCL_20m", "B04")
    assert twin in one.item.assets["SCL_20m"].href


def test_landsats_temperature_is_an_item_of_its_own():
    definition = load_definition("usgs-landsat-c2-l2")
    (companion,) = definition.companions
    keys = {
        _read_key(companion, f"LC08_L2SP_028030_20200114_20200824_02_T1_{kind}")
        for kind in ("SR", "ST")
    }
    assert keys == {("LC08_L2SP_028030_20200114_20200824_02_T1",)}
