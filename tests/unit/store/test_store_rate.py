"""No server is asked more often than it allows: threads and processes of one machine together."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from page_server import serve_pages

from smmap.spec.errors import StoreError, TransientError
from smmap.store import rate
from smmap.store.rate import PATIENCE_S, await_turn, heed_pause, pause, read_pause, set_share

RATE = 40
ASK = """
import sys
from concurrent.futures import ThreadPoolExecutor
from smmap.store.part import fetch_part
address, rate, count = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
ask = lambda _: fetch_part(address, address, (0, 1), requests_per_second=rate)
with ThreadPoolExecutor(2) as pool:
    list(pool.map(ask, range(count)))
"""
HOLD = """
import sys, time
from smmap.store.rate import _open_state
with _open_state(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Of this test and its processes."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "machine"))
    (tmp_path / "machine").mkdir()
    monkeypatch.setattr(rate.tempfile, "tempdir", None)


def test_processes_and_their_threads_share_what_is_allowed(tmp_path):
    names = ["a", "b", "c"]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    with serve_pages(tmp_path) as server:
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", ASK, f"{server.address}/{name}", str(RATE), "40"]
            )
            for name in names
        ]
        assert [one.wait(60) for one in workers] == [0, 0, 0]
    moments = [moment for moment, _, _ in server.asked]
    assert len(moments) == 120
    window = 2 * RATE  # of two seconds
    assert min(b - a for a, b in zip(moments, moments[window:], strict=False)) >= 2.0
    # Nobody starves: while all three are at it, each has its third.
    begun = max(next(n for n, one in enumerate(server.asked) if one[1] == f"/{k}") for k in names)
    ended = min(max(n for n, one in enumerate(server.asked) if one[1] == f"/{k}") for k in names)
    shared = [path for _, path, _ in server.asked[begun : ended + 1]]
    assert len(shared) > 20
    assert all(0.2 < shared.count(f"/{k}") / len(shared) < 0.5 for k in names)


def test_what_is_allowed_is_used(tmp_path):
    """The bound is no more than a twentieth below what it may be."""
    begun = time.monotonic()
    for _ in range(51):
        await_turn("http://server/x", 100.0)
    assert 0.5 <= time.monotonic() - begun < 2.0


def test_servers_do_not_wait_for_each_other():
    begun = time.monotonic()
    for server in range(20):
        await_turn(f"http://server-{server}/x", 0.1)
    assert time.monotonic() - begun < 5.0


def test_who_is_killed_with_the_lock_blocks_nobody(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, "http://server/x"], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with ThreadPoolExecutor(1) as pool:
        turn = pool.submit(await_turn, "http://server/x", 1000.0)
        time.sleep(0.2)
        assert not turn.done(), "the lock is held"
        holder.kill()
        turn.result(timeout=10)
    holder.stdout.close()
    holder.wait()


def test_a_pause_is_for_everybody_and_comes_to_an_end():
    await_turn("http://server/x", 1000.0)
    begun = time.monotonic()
    heed_pause("http://server/x", 429, "1")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda bound: await_turn("http://server/y", bound), [None, 1000.0] * 4))
    assert 1.0 <= time.monotonic() - begun < 5.0
    heed_pause("http://server/x", 404, "60")  # an answer that asks for none
    await_turn("http://server/x")
    assert time.monotonic() - begun < 5.0


def test_a_pause_that_begins_while_one_waits_counts():
    for _ in range(3):
        await_turn("http://server/x", 5.0)
    begun = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(await_turn, "http://server/x", 5.0)  # for a fifth of a second
        pause("http://server/x", 0.8)
        waiting.result()
    assert time.monotonic() - begun >= 0.8


def test_a_long_pause_is_an_error_at_once():
    pause("http://server/x", PATIENCE_S + 60)
    begun = time.monotonic()
    with pytest.raises(TransientError, match=r"^server wants no requests for 1[78]\d s") as caught:
        await_turn("http://user:secret@server/x")
    assert caught.value.exhausted, "nobody tries it again at once"
    assert time.monotonic() - begun < 1.0


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 16, b"\x00" * 15])
def test_a_spoilt_file_is_taken_for_none(content):
    await_turn("http://server/x", 1000.0)
    next(rate._find_file("http://server/x").parent.iterdir()).write_bytes(content)
    begun = time.monotonic()
    await_turn("http://server/x", 1000.0)
    assert time.monotonic() - begun < 1.0


def test_what_was_written_before_the_machine_started_is_forgotten():
    """Its clock begins anew: what it left lies days ahead."""
    await_turn("http://server/x", 1000.0)
    ahead = time.monotonic() + 86_400 * 30
    rate._find_file("http://server/x").write_bytes(rate._STATE.pack(ahead, ahead))
    begun = time.monotonic()
    await_turn("http://server/x", 1000.0)
    assert time.monotonic() - begun < 1.0


def test_a_worker_with_a_share_counts_for_itself():
    begun = time.monotonic()
    set_share(0.1)
    try:
        for _ in range(6):
            await_turn("http://server/x", 100.0)  # of which it has 10
        assert 0.5 <= time.monotonic() - begun < 3.0
    finally:
        set_share(None)
    begun = time.monotonic()
    await_turn("http://server/x", 0.5)
    assert time.monotonic() - begun < 1.0, "others on the machine have their own count"


def test_a_link_is_not_followed(tmp_path):
    """Somebody else's folder for temporary files may hold anything."""
    (tmp_path / "precious").write_text("untouched")
    file = rate._find_file("http://server/x")
    file.symlink_to(tmp_path / "precious")
    with pytest.raises(StoreError, match="server"):
        await_turn("http://server/x", 10.0)
    assert (tmp_path / "precious").read_text() == "untouched"


def test_what_retry_after_means():
    """RFC 9110, section 10.2.3: seconds, or a date."""
    assert read_pause("120") == 120.0
    later = datetime.now(UTC) + timedelta(seconds=90)
    assert 85 < read_pause(format_datetime(later, usegmt=True)) <= 90
    for text in (None, "", "soon", "-5", "Fri, 31 Dec 1999 23:59:59 GMT"):
        assert read_pause(text) == 0.0
