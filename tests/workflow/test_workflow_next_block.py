"""A run fetches what the next block needs before it has read all of this one."""

from __future__ import annotations

import json

import numpy as np
import rasterio
from page_server import serve_pages
from recorded import digest_pixels
from small_world import VV, SmallWorld

import smmap
from smmap.store.open import open_output_store
from smmap.store.remote_file import PAGE

SIDE, BLOCK = 768, 256
"""Nine blocks; a file has nine tiles, of which the first block with its halo needs four."""


def run(catalog, out, block):
    changes = [f"catalog={catalog}", f"block={block}", "threads=1"]
    assert smmap.run("local-stac", out, changes=changes).count("done") == 2
    return digest_pixels(open_output_store(out))


def test_the_next_block_is_asked_for_before_this_one_is_done(tmp_path):
    world = SmallWorld(tmp_path / "scenes", size=SIDE)
    for day in range(2):
        world.add_radar(f"S1A_{day}", days=day, orbit=10 + day)
    world.add_optical("S2_CLEAR", days=0.5)
    catalog = world.write()
    roughen(world.folder)
    plain = run(catalog, tmp_path / "plain", SIDE)
    with serve_pages(world.folder) as server:
        point_to(server.address, world.folder)
        assert run(catalog, tmp_path / "blocks", BLOCK) == plain
        asked = [one[1:] for one in server.asked]
    assert len(asked) == len({*asked}), "nothing is asked for twice"
    first = [place for place, (path, _) in enumerate(asked) if "S1A_0" in path and "vv" in path]
    later = [place for place, (path, _) in enumerate(asked) if "S1A_1" in path]
    assert first[3] < later[0], "two rows of tiles for the first block, then the second block"


def roughen(folder):
    """Values that fill pages, each tile some of its own."""
    rng = np.random.default_rng(0)
    for path in folder.rglob("v?.tif"):
        with rasterio.open(path) as file:
            profile, shape = file.profile, file.shape
        path.unlink()
        profile |= {"tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK, "compress": None}
        values = VV * rng.uniform(0.8, 1.2, shape)
        with rasterio.open(path, "w", **profile) as file:
            file.write(values.astype(np.float32), 1)
        assert path.stat().st_size > 9 * 4 * PAGE


def point_to(address, folder):
    """Have the items name the server's files."""
    for path in folder.glob("*/*/*.json"):
        item = json.loads(path.read_text())
        for asset in item["assets"].values():
            place = (path.parent / asset["href"]).resolve().relative_to(folder.resolve())
            asset["href"] = f"{address}/{place}"
        path.write_text(json.dumps(item))
