"""Killed, stopped, or not alone: what is committed is whole, and a rerun gives the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from forked import start_forked, wait
from killed import choose_counts, count_files, kill_at
from recorded import check_whole
from small_world import make_dated_world

import smmap


def start(catalog: Path, out: Path):
    changes = [f"catalog={catalog}", "batch=1"]
    return start_forked(smmap.run, "local-stac", out, changes=changes)


def test_killed_at_any_moment_and_rerun_gives_the_same_bytes(tmp_path, digest_pixels):
    catalog = make_dated_world(tmp_path / "scenes", (0, 1, 2, 3)).write()
    out, undisturbed = tmp_path / "out", tmp_path / "undisturbed"
    assert wait(start(catalog, undisturbed)) == 0
    killed = 0
    for wanted in choose_counts(count_files(undisturbed), 6, seed=7):
        killed += kill_at(start(catalog, out), wanted, lambda: count_files(out))
        check_whole(out)
    assert killed >= 3
    assert wait(start(catalog, out)) == 0
    expected = digest_pixels(undisturbed)
    found = digest_pixels(out)
    assert {name: found[name] for name in expected} == expected
    assert not list((out / ".smmap/staging").glob("*/*"))
    assert not list(out.rglob("*.tmp"))


def test_two_drivers_at_once_record_every_unit_once(tmp_path, digest_pixels):
    catalog = make_dated_world(tmp_path / "scenes", (0, 1, 2, 3)).write()
    out, alone = tmp_path / "out", tmp_path / "alone"
    assert wait(start(catalog, alone)) == 0
    rivals = [start(catalog, out) for _ in range(2)]
    assert [wait(one) for one in rivals] == [0, 0]
    check_whole(out)
    expected, found = digest_pixels(alone), digest_pixels(out)
    assert {name: found[name] for name in expected} == expected
    assert smmap.open(out).sizes["time"] == 4


def test_stopped_by_a_user(tmp_path):
    catalog = make_dated_world(tmp_path / "scenes", (0, 1, 2)).write()
    command = [sys.executable, "-m", "smmap", "run", "local-stac", "--set", f"catalog={catalog}"]
    process = subprocess.Popen([*command, "-o", str(tmp_path / "out")], stderr=subprocess.PIPE)
    # An overpass at work: what a signal before that may leave is for the next run to remove.
    while not list((tmp_path / "out/.smmap/staging").glob("*/SMMAP*")) and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    _, told = process.communicate()
    assert process.returncode in (0, 130)
    if process.returncode == 130:
        assert b"interrupted" in told
        assert b"Traceback" not in told
    assert not list((tmp_path / "out/.smmap/staging").glob("*/*"))
