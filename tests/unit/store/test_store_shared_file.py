"""Whoever has a file open shares it: its header is asked for once, and it is of one version."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from page_server import serve_pages

from smmap.spec.errors import SceneError, TransientError
from smmap.store import retry
from smmap.store.remote_file import PAGE
from smmap.store.shared_file import share_file

SIZE = 6 * PAGE


@pytest.fixture
def content():
    return np.random.default_rng(0).bytes(SIZE)


@pytest.fixture
def server(tmp_path, content, monkeypatch):
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.002)
    (tmp_path / "a.tif").write_bytes(content)
    with serve_pages(tmp_path) as pages:
        yield pages


def test_those_who_open_a_file_at_once_ask_for_it_once(server, content):
    with ThreadPoolExecutor(8) as pool:
        files = list(pool.map(share_file, [f"{server.address}/a.tif"] * 8))
    assert len({*map(id, files)}) == len(server.asked) == 1
    assert share_file(f"{server.address}/a.tif", None, 500.0) is not files[0]


def test_who_opens_a_file_that_nobody_has_open_gets_it_as_it_is_now(server, content):
    address = f"{server.address}/a.tif"
    assert share_file(address).read(0, SIZE) == content
    (server.folder / "a.tif").write_bytes(content[::-1])
    assert share_file(address).read(0, SIZE) == content[::-1]


def test_a_file_that_has_changed_is_shared_no_more(server, content):
    address = f"{server.address}/a.tif"
    old = share_file(address)
    (server.folder / "a.tif").write_bytes(content[::-1])
    assert share_file(address) is old
    with pytest.raises(TransientError, match="changed while it was read"):
        old.read(PAGE, 1)
    assert share_file(address).read(0, SIZE) == content[::-1]


def test_what_cannot_be_opened_is_tried_again_by_the_next(server, content):
    server.faults = ["404"]
    with pytest.raises(SceneError):
        share_file(f"{server.address}/a.tif")
    assert share_file(f"{server.address}/a.tif").size == SIZE


@pytest.mark.parametrize("fails", [False, True])
def test_what_another_thread_has_asked_for_is_waited_for(server, content, fails):
    """And asked for anew where it failed there. The first answer waits for this test."""
    file = share_file(f"{server.address}/a.tif")
    server.asked.clear()
    meet = server.meet = threading.Barrier(2, timeout=20)
    server.faults = ["404"] if fails else []
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(file.read, 2 * PAGE, PAGE)
        while not meet.n_waiting:
            time.sleep(0.01)
        second = pool.submit(file.read, 2 * PAGE + 5, 10)
        with pytest.raises(TimeoutError):
            second.result(0.2)
        server.meet = None
        meet.wait()
        assert second.result(20) == content[2 * PAGE + 5 : 2 * PAGE + 15]
        assert isinstance(first.exception(20), SceneError) == fails
    assert len(server.asked) == 1 + fails
