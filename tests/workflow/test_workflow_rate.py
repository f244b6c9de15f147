"""A provider's bound holds for a whole run, whoever does the work, and changes no pixel."""

from __future__ import annotations

import json

import pytest
import yaml
from page_server import serve_pages
from recorded import digest_pixels
from small_world import SmallWorld

import smmap
from smmap.data import get_folder
from smmap.store.open import open_output_store

RATE = 10


@pytest.fixture
def bounded(tmp_path):
    """Definitions of a provider that allows so many requests a second."""
    paths = []
    for name in ("local-sentinel-1", "local-sentinel-2"):
        content = yaml.safe_load((get_folder("catalogs") / f"{name}.yaml").read_text())
        content |= {"id": f"bounded-{name}", "requests_per_second": RATE}
        path = tmp_path / f"bounded-{name}.yaml"
        path.write_text(yaml.safe_dump(content))
        paths.append(path)
    return [f"sources.sentinel1={paths[0]}", f"sources.sentinel2={paths[1]}"]


def test_two_workers_together_stay_below_the_bound(bounded, tmp_path, monkeypatch):
    world = SmallWorld(tmp_path / "scenes")
    for day in range(4):
        world.add_radar(f"S1A_{day}", days=day, orbit=10 + day)
    world.add_optical("S2_CLEAR", days=1.5)
    catalog = world.write()
    plain = tmp_path / "plain"
    smmap.run("local-stac", plain, changes=[f"catalog={catalog}"])
    with serve_pages(world.folder) as server:
        for path in world.folder.glob("*/*/*.json"):
            item = json.loads(path.read_text())
            for asset in item["assets"].values():
                place = (path.parent / asset["href"]).resolve().relative_to(world.folder.resolve())
                asset["href"] = f"{server.address}/{place}"
            path.write_text(json.dumps(item))
        result = smmap.run(
            "local-stac",
            tmp_path / "out",
            changes=[f"catalog={catalog}", "batch=1", *bounded],
            workers=2,
        )
        asked = server.asked
    assert result.count("done") == 4
    assert digest_pixels(open_output_store(tmp_path / "out")) == digest_pixels(
        open_output_store(plain)
    )
    moments = [moment for moment, _, _ in asked]
    assert len(moments) > RATE, "or nothing is shown"
    assert min(b - a for a, b in zip(moments, moments[RATE:], strict=False)) >= 0.9
