"""Items become scenes."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pystac
import pytest
from affine import Affine
from small_world import write_raster

from smmap.catalog.definitions import load_definition
from smmap.pipeline.scenes import resolve_scene
from smmap.spec.errors import SceneError
from smmap.stack.dark_pixels import check_dark_pixels

LOCAL = load_definition("local-sentinel-1")
BOX = {"type": "Polygon", "coordinates": [[[5, 51], [6, 51], [6, 52], [5, 52], [5, 51]]]}


def make_item(*assets, **properties):
    item = pystac.Item("x", BOX, None, datetime(2023, 4, 1, 6, tzinfo=UTC), properties)
    for key in assets:
        item.add_asset(key, pystac.Asset(f"https://account.blob.core.windows.net/a/{key}.tif"))
    return item


@pytest.mark.parametrize("key", LOCAL.annotations)
def test_annotations_are_found_by_the_definitions_keys(key):
    scene = resolve_scene(make_item("vv", key), LOCAL, ["vv"])
    assert scene.annotation == f"https://account.blob.core.windows.net/a/{key}.tif"
    other = LOCAL.model_copy(update={"annotations": ()})
    assert resolve_scene(make_item("vv", key), other, ["vv"]).annotation is None


def test_addresses_are_not_signed_yet():
    definition = load_definition("planetary-computer-sentinel-1-rtc")
    band = resolve_scene(make_item("vv"), definition, ["vv"]).bands["vv"]
    assert band.href == "https://account.blob.core.windows.net/a/vv.tif"
    assert band.sign == "planetary-computer"


def test_facts_that_are_no_numbers_are_unknown():
    facts = {"sat:orbit_state": "DESCENDING", "sat:relative_orbit": "n/a"}
    scene = resolve_scene(make_item("vv", **facts, **{"view:incidence_angle": "n/a"}), LOCAL, [])
    assert (scene.orbit_state, scene.relative_orbit, scene.mean_incidence_deg) == (
        "descending", None, None,
    )  # fmt: skip
    scene = resolve_scene(make_item("vv", **{"view:incidence_angle": "38.0"}), LOCAL, [])
    assert scene.mean_incidence_deg == 38.0
    with pytest.raises(
        SceneError, match=r"'view:incidence_angle' is 0\.66, which is no angle in deg"
    ):
        resolve_scene(make_item("vv", **{"view:incidence_angle": 0.66}), LOCAL, [])


@pytest.mark.parametrize("stored, kept", [(500, True), (1500, False)])
@pytest.mark.parametrize("baseline", [None, "05.09"])
def test_a_local_scene_whose_offset_is_not_certain(tmp_path, stored, kept, baseline):
    """Vegetation of 0.05 in red; stored with the offset still in it, it reads 0.15.

    The item states nothing, or no offset for a scene that ESA made with one.
    """
    item = make_item(**({"s2:processing_baseline": baseline} if baseline else {}))
    place = Affine(10, 0, 640_000, 0, -10, 5_680_000)
    for key, value, dtype in (("red", stored, np.uint16), ("scl", 4, np.uint8)):
        path = tmp_path / f"{key}.tif"
        write_raster(path, np.full((48, 48), value, dtype), "EPSG:32631", place)
        fields = {"raster:offset": 0} if baseline else {}
        item.add_asset(key, pystac.Asset(str(path), extra_fields=fields))
    scene = resolve_scene(item, load_definition("local-sentinel-2"), ["scl"])
    if kept:
        check_dark_pixels(scene)
        return
    with pytest.raises(SceneError, match=r"start at 0\.15: the baseline offset was not applied"):
        check_dark_pixels(scene)
