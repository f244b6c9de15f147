"""A task reads, computes and writes at once; what is written stands, whatever comes after."""

from __future__ import annotations

import json
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from small_world import VV, SmallWorld

import smmap
from smmap.crew import work_queue
from smmap.store import retry

BLOCK, SIDE = 234, 400
TILE = 256
"""Of scenes' files: with its halo of 21 only the last block needs the last tile, which is longer
than the page of the tile before."""
LAST = "S1A_3/vv.tif"


class Server(ThreadingHTTPServer):
    """Serves byte ranges; the last bytes of one file wait or are refused."""

    daemon_threads = True
    folder = Path()
    may_go_on = staticmethod(lambda: True)
    """Asked until it says yes."""
    asked = waited_in_vain = False
    refusal = 0
    """Status of the answer; 0: it is served after all."""
    refusals = 10**9
    """How many times."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        path = self.server.folder / self.path.lstrip("/")
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        start, stop = 0, len(content)
        if "Range" in self.headers:
            first, last = self.headers["Range"].removeprefix("bytes=").split("-")
            start, stop = int(first), min(stop, int(last) + 1)
        last = self.path.endswith(LAST) and 0 < start < stop == len(content)
        if last and self._is_refused():
            self.send_error(self.server.refusal)
            return
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("Content-Length", str(stop - start))
        self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(content)}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[start:stop])

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_):
        """Say nothing."""

    def _is_refused(self):
        self.server.asked = True
        end = time.monotonic() + 30
        while not self.server.may_go_on() and not self.server.waited_in_vain:
            self.server.waited_in_vain = time.monotonic() > end
            time.sleep(0.02)
        if not self.server.refusal or self.server.refusals == 0:
            return False
        self.server.refusals -= 1
        return True


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Serves ``tmp_path / "scenes"``; waits between attempts are cut short."""
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(work_queue, "FIRST_WAIT_S", 0.01)
    with Server(("127.0.0.1", 0), Handler) as one:
        one.folder = tmp_path / "scenes"
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield one
        one.shutdown()
        thread.join()


@pytest.fixture
def world(tmp_path):
    """Four overpasses, each another field of noise."""
    rng = np.random.default_rng(4)
    world = SmallWorld(tmp_path / "scenes", size=SIDE, tile=TILE)
    for day in range(4):
        vv = (VV * rng.gamma(4, 0.25, (SIDE, SIDE))).astype(np.float32)
        world.add_radar(f"S1A_{day}", days=day, orbit=10 + day, vv=vv)
    world.add_optical("S2_CLEAR", days=1.5)
    world.write()
    return world


def list_items(out):
    paths = out.glob("soil-moisture/*/*/*/*/SMMAP_*.json")
    return {path.stem: json.loads(path.read_text()) for path in paths}


def run(server, out, *changes):
    catalog = f"catalog=http://127.0.0.1:{server.server_port}/catalog.json"
    return smmap.run("local-stac", out, changes=[catalog, f"block={BLOCK}", *changes])


def count_commits(caplog):
    """How often each overpass was committed."""
    told = [one.getMessage() for one in caplog.records if one.name == "smmap.pipeline.commit"]
    done = [text.split(":")[0] for text in told if ": done" in text]
    return {unit: done.count(unit) for unit in done}


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.usefixtures("world")
def test_overpasses_are_committed_while_others_are_read(server, tmp_path, threads):
    """The last block of the last overpass cannot be read until the three others are there.

    By one thread, or by as many as there are blocks: where there were fewer, all of them could come
    to the last overpass, whose tiles are fetched together, before anyone began the last block.
    """
    out = tmp_path / "out"
    server.may_go_on = lambda: len(list_items(out)) == 3
    assert run(server, out, f"threads={threads}").count("done") == 4
    assert server.asked
    assert not server.waited_in_vain


@pytest.mark.usefixtures("world")
def test_a_scene_lost_midway_costs_nothing_that_is_committed(server, tmp_path, caplog):
    caplog.set_level(logging.INFO, "smmap")
    out = tmp_path / "out"
    server.may_go_on = lambda: len(list_items(out)) == 3
    server.refusal = 404
    result = run(server, out)
    assert not server.waited_in_vain
    assert [one.status for one in result.receipts] == ["done", "done", "done", "failed"]
    assert not any(one.passing for one in result.receipts)
    assert sorted(count_commits(caplog).values()) == [1, 1, 1]
    assert not list((out / ".smmap/staging").iterdir())


@pytest.mark.usefixtures("world")
def test_a_fault_of_the_moment_midway_redoes_only_what_it_hit(
    server, tmp_path, caplog, digest_pixels
):
    undisturbed = tmp_path / "undisturbed"
    run(server, undisturbed)
    caplog.clear()
    caplog.set_level(logging.INFO, "smmap")
    out = tmp_path / "out"
    server.may_go_on = lambda: len(list_items(out)) >= 3
    server.refusal, server.refusals = 503, 2 * retry.ATTEMPTS
    assert run(server, out).count("done") == 4
    assert not server.waited_in_vain
    assert server.refusals == 0
    assert sorted(count_commits(caplog).values()) == [1, 1, 1, 1]
    assert any("passing fault" in one.getMessage() for one in caplog.records)
    assert digest_pixels(out) == digest_pixels(undisturbed)


@pytest.mark.parametrize("block", [16, 48, 512])
@pytest.mark.parametrize("threads", [1, 4])
def test_who_leaves_a_torn_scene_out_hangs_on_no_thread_and_no_block(tmp_path, block, threads):
    """The small overpass has its pixels long before the large one finds the scene torn."""
    world = SmallWorld(tmp_path / "scenes", size=24)
    world.add_radar("S1A_SMALL", orbit=10)
    world.size = side = 96
    world.add_radar("S1A_LARGE", days=1, orbit=11)
    world.add_optical("S2_CLEAR", days=0.5)
    world.add_optical("S2_TORN", days=0.4, red=np.random.default_rng(1).random((side, side)))
    path = world.get_path("sentinel-2-l2a", "S2_TORN", "red")
    path.write_bytes(path.read_bytes()[:-6000])
    result = smmap.run(
        "local-stac",
        tmp_path / "out",
        changes=[f"catalog={world.write()}", f"block={block}", f"threads={threads}"],
    )
    assert result.count("done") == 2
    assert ["S2_TORN" in " ".join(one.skipped) for one in result.receipts] == [True, True]
