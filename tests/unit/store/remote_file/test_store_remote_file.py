"""Bytes of remote files: right, and with few requests."""

from __future__ import annotations

import threading

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from page_server import serve_pages

from smmap.store import remote_file
from smmap.store.remote_file import PAGE, RemoteFile

SIZE = 5 * PAGE + 1234


@settings(max_examples=60, deadline=None)
@given(spans=st.lists(st.tuples(st.integers(0, SIZE + 9), st.integers(0, 3 * PAGE)), max_size=5))
def test_any_bytes_are_those_of_the_file(tmp_path_factory, spans):
    content = np.random.default_rng(0).bytes(SIZE)
    folder = tmp_path_factory.mktemp("served")
    (folder / "a.tif").write_bytes(content)
    with serve_pages(folder) as server:
        file = RemoteFile(f"{server.address}/a.tif")
        assert file.size == SIZE
        for start, count in spans:
            assert file.read(start, count) == content[start : start + count]


def test_pages_that_lie_together_are_one_request(server, content):
    file = RemoteFile(f"{server.address}/a.tif")
    assert server.count_requests() == 1
    assert file.read(10, 100) == content[10:110]
    assert server.count_requests() == 0, "the first page came with the opening"
    file.read(PAGE + 5, 3 * PAGE)
    assert [one[2] for one in server.asked] == [f"bytes={PAGE}-{5 * PAGE - 1}"]
    file.read(2 * PAGE, 2 * PAGE)
    assert server.count_requests() == 1


def test_what_will_be_read_is_fetched_in_few_requests(server, content):
    """Pages 1, 2 and 5 of 6: what lies between costs less than another request."""
    file = RemoteFile(f"{server.address}/a.tif")
    server.count_requests()
    with file.hold([(PAGE + 3, PAGE + 4), (5 * PAGE - 9, 10 * PAGE), (2 * PAGE, 3 * PAGE)]):
        assert [one[2] for one in server.asked] == [f"bytes={PAGE}-{SIZE - 1}"]
        assert file.read(PAGE, SIZE) == content[PAGE:]
        with file.hold([]):
            pass
    assert server.count_requests() == 1


def test_what_lies_far_apart_is_not_fetched_along(server, content, monkeypatch):
    monkeypatch.setattr(remote_file, "_GAP", 1)
    file = RemoteFile(f"{server.address}/a.tif")
    server.count_requests()
    with file.hold([(0, 10), (PAGE, 2 * PAGE), (5 * PAGE, SIZE)]):
        spans = {one[2] for one in server.asked}
    assert spans == {f"bytes={PAGE}-{2 * PAGE - 1}", f"bytes={5 * PAGE}-{SIZE - 1}"}


def test_what_a_window_needs_is_asked_for_at_once(server, content, monkeypatch):
    """Neither of three requests is answered before the others have come."""
    monkeypatch.setattr(remote_file, "_GAP", 0)
    file = RemoteFile(f"{server.address}/a.tif")
    server.meet = threading.Barrier(3, timeout=20)
    wanted = [(PAGE, PAGE + 1), (3 * PAGE, 3 * PAGE + 1), (5 * PAGE, SIZE)]
    with file.hold(wanted):
        server.meet = None
        server.count_requests()
        for start, stop in wanted:
            assert file.read(start, stop - start) == content[start:stop]
    assert server.count_requests() == 0


def test_what_was_held_leaves_memory(server):
    """But for the last eight pages: not the answers that these came with."""
    large = np.random.default_rng(1).bytes(80 * PAGE)
    (server.folder / "large.tif").write_bytes(large)
    file = RemoteFile(f"{server.address}/large.tif")
    with file.hold([(0, len(large))]):
        assert file.read(PAGE - 7, 70 * PAGE) == large[PAGE - 7 : 71 * PAGE - 7]
    kept = {
        id(one.obj if isinstance(one, memoryview) else one): one
        for one in (*file._pages._held.values(), *file._pages._recent.values())
    }
    sizes = [len(one.obj if isinstance(one, memoryview) else one) for one in kept.values()]
    assert 0 < sum(sizes) <= (1 + 8) * PAGE, "the opening's page, and the last eight"


def test_redirects_are_followed(server, content, read_all):
    assert read_all("moved/a.tif") == content


def test_a_server_that_sends_files_whole(server, cache, content, read_all):
    server.ranges = False
    assert read_all() == content
    assert server.count_requests() == 1
    server.ranges = True
    assert read_all() == content
    assert server.count_requests() == 1
