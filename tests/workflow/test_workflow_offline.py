"""Runs with remote scenes: kept on disk, then without any network; the same bytes come out."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import command_line
import pytest
from page_server import serve_pages
from recorded import digest_pixels
from small_world import VV, SmallWorld

import smmap
from smmap.spec.errors import OfflineError
from smmap.store.network import use_network
from smmap.store.open import open_output_store

GUARDED = """
import json, sys
asked = []
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        asked.append(f"{event} {arguments[1:]}")
sys.addaudithook(watch)
import smmap
result = smmap.run("local-stac", sys.argv[2], changes=[f"catalog={sys.argv[1]}", *sys.argv[3:]])
print(json.dumps({"done": result.count("done"), "asked": asked}))
"""


@pytest.fixture(autouse=True)
def network_as_it_was():
    yield
    use_network(offline=False, cache=None)


@pytest.fixture
def served(tmp_path):
    """A catalogue on this machine, of scenes on a server."""
    world = SmallWorld(tmp_path / "scenes")
    for day in range(2):
        world.add_radar(f"S1A_{day}", days=day, orbit=10 + day, vv=VV * (1 + 0.1 * day))
    world.add_optical("S2_CLEAR", days=0.5)
    catalog = world.write()
    with serve_pages(world.folder) as server:
        for path in world.folder.glob("*/*/*.json"):
            item = json.loads(path.read_text())
            for asset in item["assets"].values():
                place = (path.parent / asset["href"]).resolve().relative_to(world.folder.resolve())
                asset["href"] = f"{server.address}/{place}"
            path.write_text(json.dumps(item))
        yield server, catalog


def run(catalog, out, *changes):
    return smmap.run("local-stac", out, changes=[f"catalog={catalog}", *changes])


def start(*command):
    return subprocess.run(
        [sys.executable, *command], check=False, capture_output=True, text=True, timeout=120
    )


def digest(out):
    return digest_pixels(open_output_store(out))


def test_a_run_without_network_has_the_bytes_of_one_with_it(served, tmp_path):
    server, catalog = served
    assert run(catalog, tmp_path / "plain").count("done") == 2
    cache = f"cache.folder={tmp_path / 'cache'}"
    assert run(catalog, tmp_path / "kept", cache).count("done") == 2
    assert digest(tmp_path / "kept") == digest(tmp_path / "plain")
    server.asked.clear()
    told = [str(catalog), str(tmp_path / "offline"), cache, "offline=true"]
    ended = start("-c", GUARDED, *told)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {"done": 2, "asked": []}
    assert server.asked == [], "neither has GDAL, which no hook hears"
    assert digest(tmp_path / "offline") == digest(tmp_path / "plain")


def test_offline_without_what_it_needs_fails_and_says_so(served, tmp_path):
    """Nothing is mapped from the rest: an unread scene is not a scene that is broken."""
    server, catalog = served
    out = tmp_path / "out"
    place = ["--out", out, "--set", f"catalog={catalog}"]
    ended = command_line.smmap("run", "local-stac", "--offline", *place)
    use_network(offline=False, cache=None)
    assert ended.returncode == 4, ended.stderr
    assert "is not in the cache, and this runs offline" in ended.stdout + ended.stderr
    assert server.asked == []
    assert list(out.glob("soil-moisture/**/*.tif")) == []
    assert run(catalog, out).count("done") == 2, "online it goes on"


def test_offline_no_catalogue_elsewhere_is_asked(served, tmp_path):
    server, catalog = served
    for address in (f"{server.address}/catalog.json", server.address):
        with pytest.raises(OfflineError, match=r"127\.0\.0\.1.*not asked for.*offline"):
            run(address, tmp_path / "out", "offline=true")
    with pytest.raises(OfflineError, match="s3://bucket"):
        run(catalog, "s3://bucket/out", "offline=true")
    assert server.asked == []


def test_a_source_that_fails_in_every_way_leaves_nothing_wrong_in_the_cache(served, tmp_path):
    """Runs through faults until all is mapped; then what was kept is mapped without a network."""
    server, catalog = served
    cache = f"cache.folder={tmp_path / 'cache'}"
    kinds = ["500", "429 0", "reset", "short", "less", "elsewhere", "later", "slow", "", ""]
    chance = random.Random(2)
    server.faults = [chance.choice(kinds) for _ in range(300)]
    assert run(catalog, tmp_path / "faults", cache).count("done") == 2
    assert len(server.faults) < 290, "some were met"
    server.faults = []
    assert run(catalog, tmp_path / "plain").count("done") == 2
    assert digest(tmp_path / "faults") == digest(tmp_path / "plain")
    server.asked.clear()
    assert run(catalog, tmp_path / "offline", cache, "offline=true").count("done") == 2
    assert digest(tmp_path / "offline") == digest(tmp_path / "plain")
    assert server.asked == []
