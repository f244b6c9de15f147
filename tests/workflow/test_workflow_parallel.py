"""Many processes, real ones on the loopback: the same bytes, whatever ends in the middle."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
from dask_processes import check_gone, find_workers, serve_dask
from small_world import SmallWorld

import smmap
from smmap.crew import cluster, work_queue
from smmap.pipeline.progress import Progress
from smmap.spec.errors import ConfigError, TransientError
from smmap.store import retry

BATCH = "batch=1"


def start(world: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    """``smmap run`` in a session of its own, one overpass a task."""
    told = ["--set", f"catalog={world}", "--set", BATCH, "--out", str(out), *options]
    return subprocess.Popen(
        [sys.executable, "-m", "smmap", "run", "local-stac", *told],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, told = process.communicate(timeout=80)
    return process.returncode, told


def wait_for(what, process: subprocess.Popen[str] | None = None, seconds: float = 40):
    """The first true answer of ``what``."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)
    return found


def list_staged(out: Path) -> list[Path]:
    return list((out / ".smmap/staging").glob("*/SMMAP*"))


def list_items(out: Path) -> list[Path]:
    return list((out / "soil-moisture").glob("*/*/*/*/SMMAP*.json"))


@pytest.mark.slow
def test_processes_that_are_renewed_after_every_task_give_the_same_bytes(
    world, maps, tmp_path, digest_pixels
):
    renewed = "cluster={kind: local, workers: 2, recycle: 1}"
    few = ("--period", "2023-04-01/2023-04-05")  # each new process takes seconds to start
    process = start(world, tmp_path, *few, "--set", renewed, "--json")
    seen: set[psutil.Process] = set()
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            seen.update(find_workers(process.pid))
        time.sleep(0.05)
    code, told = finish(process)
    assert code == 0, told
    assert len(seen) > 2, "a worker was started anew"
    found, expected = digest_pixels(tmp_path), digest_pixels(maps)
    of_overpasses = {name for name in found if name.startswith("soil-moisture")}
    assert len(of_overpasses) >= 3 * 3
    assert all(found[name] == expected[name] for name in of_overpasses)
    assert not list((tmp_path / ".smmap/staging").iterdir())
    check_gone(list(seen))


@pytest.mark.slow  # two drivers on one such cluster always run
def test_a_cluster_that_runs_already_survives_its_worker_and_gives_the_same_bytes(
    world, maps, tmp_path, digest_pixels
):
    with serve_dask(tmp_path) as peers:
        process = start(world, tmp_path / "again", "--scheduler", peers.address)
        wait_for(lambda: list_staged(tmp_path / "again"), process)
        (busy, *_) = list_staged(tmp_path / "again")
        kill_owner(busy.parent)
        code, told = finish(process)
        assert code == 0, told
        assert digest_pixels(tmp_path / "again") == digest_pixels(maps)


def kill_owner(staging: Path) -> None:
    """Kill -9 the process that holds a staging folder's lock."""
    lock = staging / "owner.lock"
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(Path(file.path) == lock for file in one.open_files()):
                one.kill()
                return
    pytest.fail(f"nobody holds {lock}")


def test_a_killed_driver_leaves_no_process_and_a_rerun_completes(
    world, maps, tmp_path, digest_pixels
):
    process = start(world, tmp_path, "--workers", "2")
    wait_for(lambda: list_items(tmp_path), process)
    workers = find_workers(process.pid)
    process.kill()
    finish(process)
    assert len(workers) == 2
    check_gone(workers)
    result = smmap.run("local-stac", tmp_path, changes=[f"catalog={world}", BATCH])
    assert result.kept >= 1, "what was committed is not done again"
    assert digest_pixels(tmp_path) == digest_pixels(maps)
    assert not list((tmp_path / ".smmap/staging").iterdir())


@pytest.mark.slow
def test_a_killed_scheduler_is_told_and_a_rerun_completes(world, maps, tmp_path, digest_pixels):
    with serve_dask(tmp_path, workers=1) as peers:
        process = start(world, tmp_path / "out", "--scheduler", peers.address)
        wait_for(lambda: list_staged(tmp_path / "out"), process)
        peers.scheduler.kill()
        code, told = finish(process)
    assert code == 7
    assert peers.address in told
    assert "rerun" in told
    assert "Traceback" not in told
    smmap.run("local-stac", tmp_path / "out", changes=[f"catalog={world}", BATCH])
    assert digest_pixels(tmp_path / "out") == digest_pixels(maps)


def test_ctrl_c_ends_all_processes_and_publishes_what_is_committed(world, tmp_path):
    process = start(world, tmp_path, "--workers", "2")
    wait_for(lambda: list_items(tmp_path), process)
    family = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    code, told = finish(process)
    check_gone(family)
    assert code == 130
    assert "interrupted" in told
    assert "Traceback" not in told
    assert not list((tmp_path / ".smmap/staging").iterdir())
    assert smmap.open(tmp_path).sizes["time"] == len(list_items(tmp_path))


def test_a_task_that_takes_too_much_memory_is_set_aside(tmp_path):
    world = SmallWorld(tmp_path / "scenes")
    world.add_radar("S1A_SMALL", orbit=10)
    # Several times as much as a worker may have: it is over the limit for most of its time.
    world.size, world.tile = 4096, 512
    world.add_radar("S1A_LARGE", days=1, orbit=11)
    world.size, world.tile = 48, 16
    world.add_radar("S1A_LAST", days=2, orbit=12)
    world.add_optical("S2_CLEAR", days=0.5)
    little = "cluster={kind: local, workers: 1, memory: 600 MiB}"
    result = smmap.run(
        "local-stac",
        tmp_path / "out",
        changes=[f"catalog={world.write()}", BATCH, "block=8192", "threads=1", little],
    )
    assert [one.status for one in result.receipts] == ["done", "failed", "done"]
    assert "memory" in result.receipts[1].reason
    note = tmp_path / f"out/.smmap/failed/{result.receipts[1].unit}.json"
    assert "set aside" in json.loads(note.read_text())["reason"]


class _Heals(Progress):
    """Lets the server recover once an overpass is finished."""

    def __init__(self, broken: set[str]) -> None:
        self.broken, self.finished = broken, []

    def finish(self, receipt):
        self.finished.append(receipt.status)
        self.broken.clear()


def test_a_source_that_fails_for_a_while_costs_a_while(tmp_path, monkeypatch):
    monkeypatch.setattr(retry, "ATTEMPTS", 1)
    monkeypatch.setattr(work_queue, "FIRST_WAIT_S", 0.1)
    world = SmallWorld(tmp_path / "scenes")
    world.add_radar("S1A_SICK", orbit=10)
    world.add_radar("S1A_WELL", days=1, orbit=11)
    world.add_optical("S2_CLEAR", days=0.5)
    world.write()
    broken = {"S1A_SICK/vv.tif"}

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self):
            if any(one in self.path for one in broken):
                self.send_error(503)
            else:
                super().do_GET()

        def log_message(self, *_):
            pass

    handler = functools.partial(Handler, directory=tmp_path / "scenes")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/catalog.json"
            heals = _Heals(broken)
            result = smmap.run(
                "local-stac",
                tmp_path / "out",
                changes=[f"catalog={address}", BATCH],
                progress=heals,
            )
        finally:
            server.shutdown()
            thread.join()
    assert [one.status for one in result.receipts] == ["done", "done"]
    assert heals.finished == ["done", "done"], "an attempt that is repeated is not told"
    assert not list((tmp_path / "out/.smmap/failed").glob("*.json"))


def test_nobody_at_the_schedulers_address(world, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_S", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(TransientError, match=address):
        smmap.run("local-stac", tmp_path, changes=[f"catalog={world}"], scheduler=address)


def test_workers_and_a_scheduler_exclude_each_other(world, tmp_path):
    with pytest.raises(ConfigError, match="--scheduler"):
        smmap.run("local-stac", tmp_path, workers=2, scheduler="tcp://127.0.0.1:1")
