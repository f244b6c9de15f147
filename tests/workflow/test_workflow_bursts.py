"""Bursts of OPERA RTC-S1, whose angle lies in a collection of its own, from catalogue to map."""

from __future__ import annotations

import json

import numpy as np
import pystac
from small_world import VH, VV, SmallWorld

import smmap

ANGLE = 40.0
COSINE = np.cos(np.radians(ANGLE))
BURST = "T088-187001-IW2"
NAME = f"OPERA_L2_RTC-S1_{BURST}_20230601T060000Z_20250830T120333Z_S1A_30_v1.0"
STATIC = f"OPERA_L2_RTC-S1-STATIC_{BURST}_20140403_S1A_30_v1.0"


def add(world, collection, name, days, values):
    """An item of constant files."""
    world._items.setdefault(collection, [])
    assets = {key: world._fill(value, np.float32) for key, value in values.items()}
    return world._add(collection, name, days, assets, {"platform": "Sentinel-1A"})


def map_bursts(folder, out, *, static=True):
    world = SmallWorld(folder)
    world.add_optical("S2_CLEAR", days=0.5)
    del world._items["sentinel-1-grd"]
    add(world, "opera-rtc-s1", NAME, 0, {"0_VV": VV / COSINE, "0_VH": VH / COSINE})
    if static:
        angles = {"0_incidence_angle": ANGLE, "0_local_incidence_angle": 20.0}
        add(world, "opera-rtc-s1-static", STATIC, -3000, angles)
    changes = [f"catalog={world.write()}", "sources.sentinel1=local-opera-rtc-s1"]
    return smmap.run("local-stac", out, changes=changes)


def map_sigma0(folder, out):
    world = SmallWorld(folder)
    world.add_optical("S2_CLEAR", days=0.5)
    add(world, "sentinel-1-grd", "S1A_ONE", 0, {"vv": VV, "vh": VH, "incidence": ANGLE})
    return smmap.run("local-stac", out, changes=[f"catalog={world.write()}"])


def test_a_burst_gives_what_the_same_ground_as_sigma0_gives(tmp_path):
    """Gamma0 times the cosine of the ellipsoid's angle, which is not the local one."""
    result = map_bursts(tmp_path / "bursts", tmp_path / "a")
    assert result.count("done") == 1
    map_sigma0(tmp_path / "sigma0", tmp_path / "b")
    bursts, plain = (smmap.open(tmp_path / name) for name in "ab")
    assert np.isfinite(plain.sm.values).sum() > 1000
    np.testing.assert_allclose(bursts.sm.values, plain.sm.values, atol=1.1e-4)  # packed in 1e-4
    (path,) = [one for one in (tmp_path / "a").rglob("*.json") if one.stem.startswith("SMMAP_L4")]
    item = json.loads(path.read_text())
    assert "R088_20230601" in item["id"]  # the burst's track
    assert "sigma0_from_rtc" in path.read_text()


def test_a_burst_without_its_static_layers_is_left_out_with_the_reason(tmp_path):
    result = map_bursts(tmp_path / "bursts", tmp_path / "out", static=False)
    assert result.count("done") == 0
    told = "".join(one.read_text() for one in (tmp_path / "out").rglob("*.json"))
    assert "no incidence angle" in told
    items = pystac.Catalog.from_file(tmp_path / "out" / "catalog.json").get_items(recursive=True)
    assert not [one for one in items if one.id.startswith("SMMAP")]
