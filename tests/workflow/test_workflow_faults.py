"""Sources that answer 429, 500, 503, reset, cut short or slowly: a plain rerun ends the same."""

from __future__ import annotations

import pytest
from faulty_server import serve_faulty
from small_world import VV, SmallWorld

import smmap
from smmap.archive.verify import verify_output
from smmap.store.open import open_output_store


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    world = SmallWorld(tmp_path_factory.mktemp("scenes"))
    for day in range(4):
        world.add_radar(f"S1A_{day}", days=day, orbit=10 + day, vv=VV * (1 + 0.1 * day))
    world.add_optical("S2_CLEAR", days=0.5)
    world.add_optical("S2_LATER", days=2.5, red=0.1)
    return world.write().parent


@pytest.mark.parametrize("seed", [1, 2])
def test_a_source_that_fails_in_every_way(scenes, tmp_path, digest_pixels, seed):
    out, undisturbed = tmp_path / "out", tmp_path / "undisturbed"
    with serve_faulty(scenes, rate=0.0) as address:
        smmap.run("local-stac", undisturbed, changes=[f"catalog={address}/catalog.json"])
    with serve_faulty(scenes, rate=0.25, seed=seed) as address:
        for _ in range(8):
            result = smmap.run("local-stac", out, changes=[f"catalog={address}/catalog.json"])
            assert verify_output(open_output_store(out)) == []
            if result.kept == 4:
                break
    assert result.kept == 4, "every overpass is mapped in the end"
    expected, found = digest_pixels(undisturbed), digest_pixels(out)
    assert {name: found.get(name) for name in expected} == expected
