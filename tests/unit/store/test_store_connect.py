"""A store that throttles, hangs, refuses or ignores: bounded times, one clear line, no half file.

What is expected of retries is what ``connect`` states; the server is moto, behind a proxy.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter

import pytest
from s3_server import serve_s3
from slow_store_proxy import serve_slow_store

from smmap.spec.errors import StoreError, TransientError
from smmap.store import connect
from smmap.store.objects import ObjectOutput


@pytest.fixture(scope="module")
def bucket():
    with serve_s3() as url:
        yield url


@pytest.fixture
def proxy(bucket, monkeypatch):
    monkeypatch.setattr(connect, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(connect, "LONGEST_WAIT_S", 0.01)
    with serve_slow_store() as one:
        yield one


@pytest.fixture
def store(bucket, proxy):
    return ObjectOutput(f"{bucket}/{uuid.uuid4().hex}")


def fail_first(times, fault):
    """Each request fails so often before it passes."""
    seen = Counter()

    def choose(method, path):
        seen[method, path] += 1
        return fault if seen[method, path] <= times else None

    return choose


@pytest.mark.parametrize("fault", [500, 502, 503, 429, "reset"])
def test_what_passes_is_tried_again(store, proxy, tmp_path, fault):
    proxy.choose_fault = fail_first(3, fault)
    store.put("a.json", b"1", tmp_path)
    assert store.read("a.json") == b"1"
    assert store.list_files("") == ["a.json"]
    assert [method for method, _ in proxy.asked] == ["PUT"] * 4 + ["GET"] * 8


def test_a_swap_is_tried_again_when_the_store_says_that_it_is_busy(store, proxy, tmp_path):
    store.put("a.json", b"1", tmp_path)
    proxy.choose_fault = fail_first(2, 503)
    assert store.swap("a.json", b"1", b"2", tmp_path)
    assert not store.swap("a.json", b"1", b"3", tmp_path)
    assert store.read("a.json") == b"2"


def test_a_store_that_stays_busy_is_given_up_after_all_tries(store, proxy, tmp_path):
    proxy.choose_fault = lambda method, path: 503
    with pytest.raises(TransientError, match=r"a\.json: the store does not do it now .*SlowDown"):
        store.put("a.json", b"1", tmp_path)
    assert len(proxy.asked) == 1 + connect.RETRIES


def test_credentials_that_are_refused_end_it_at_once(store, proxy, tmp_path):
    proxy.choose_fault = lambda method, path: 403
    for action in (
        lambda: store.read("a.json"),
        lambda: store.put("a.json", b"1", tmp_path),
        lambda: store.swap("a.json", None, b"1", tmp_path),
        lambda: store.delete("a.json"),
    ):
        proxy.asked.clear()
        with pytest.raises(StoreError, match=r"the store refuses .*check credentials") as caught:
            action()
        assert len(proxy.asked) == 1
        assert "\n" not in str(caught.value)
    for listing in (store.list_files, store.list_folders):  # the library does not tell why
        proxy.asked.clear()
        with pytest.raises(TransientError, match=r"403 .*check endpoint and credentials"):
            listing("")
        assert len(proxy.asked) == 1


def test_a_store_that_hangs_is_given_up_in_bounded_time(bucket, proxy, monkeypatch, tmp_path):
    monkeypatch.setattr(connect, "REQUEST_S", 0.2)
    monkeypatch.setattr(connect, "GIVE_UP_S", 1)
    store = ObjectOutput(f"{bucket}/hangs")
    proxy.choose_fault = lambda method, path: "hang"
    started = time.monotonic()
    with pytest.raises(TransientError, match="does not do it now"):
        store.read("a.json")
    assert time.monotonic() - started < 10  # 1 s, and the last request; the rest is patience


def test_the_environment_s_limits_go_before_ours(bucket, proxy, monkeypatch):
    monkeypatch.setenv("AWS_TIMEOUT", "50 ms")
    monkeypatch.setattr(connect, "RETRIES", 1)
    store = ObjectOutput(f"{bucket}/limits")
    proxy.choose_fault = lambda method, path: "hang"
    with pytest.raises(TransientError, match=r"after 1 retries, max_retries: 1"):
        store.read("a.json")


@pytest.mark.parametrize("forgotten", ["if-none-match", "if-match"])
def test_a_store_that_ignores_conditions_is_refused(store, proxy, forgotten):
    proxy.forgotten = frozenset({forgotten})
    for _ in range(2):
        with (
            pytest.raises(StoreError, match="ignores the conditions of a PUT"),
            store.open_staging(),
        ):
            pass
    proxy.forgotten = frozenset()
    with store.open_staging():
        pass


def test_a_copy_that_fails_leaves_no_folder_that_seems_complete(store, proxy, tmp_path):
    store.put("from", b"x", tmp_path)
    proxy.choose_fault = lambda method, path: 503 if path.endswith("/c/7") else None
    links = {f"c/{number}": "from" for number in range(20)}
    with pytest.raises(TransientError, match="cubes/c/7"):
        store.publish_links("cubes", links, {"zarr.json": b"{}"}, tmp_path)
    assert store.read("cubes/zarr.json") is None


def test_a_store_that_goes_away_is_not_asked_for_each_of_thousands(store, proxy, tmp_path):
    proxy.choose_fault = lambda method, path: 503
    links = {f"c/{number}": "from" for number in range(3000)}
    with pytest.raises(TransientError):
        store.publish_links("cubes", links, {"zarr.json": b"{}"}, tmp_path)
    assert len(proxy.asked) < 100 * (1 + connect.RETRIES)


def test_a_large_file_is_uploaded_in_parts_and_is_never_there_in_half(store, proxy, tmp_path):
    data = b"x" * (12 * 1024**2)
    (tmp_path / "made").mkdir()
    (tmp_path / "made/large.tif").write_bytes(data)
    proxy.choose_fault = lambda method, path: 503 if "partNumber=2" in path else None
    with pytest.raises(TransientError):
        store.publish_folder(tmp_path / "made", "pixels")
    proxy.choose_fault = lambda method, path: None
    assert store.list_files("") == []
    proxy.asked.clear()
    store.publish_folder(tmp_path / "made", "pixels")
    assert store.read("pixels/large.tif") == data
    parts = [path for method, path in proxy.asked if method == "PUT"]
    assert len(parts) == 3
    assert all("uploadId=" in path for path in parts)


def test_conditions_hold_for_data_that_a_plain_put_would_send_in_parts(store, proxy, tmp_path):
    large = b"x" * (12 * 1024**2)
    assert store.swap("large.json", None, large, tmp_path)
    assert not store.swap("large.json", None, large, tmp_path)
    assert [method for method, _ in proxy.asked if method != "GET"] == ["PUT"]
    store.delete("large.json")


@pytest.mark.slow
def test_removing_thousands_takes_few_requests(store, proxy, tmp_path):
    store.put("from", b"x", tmp_path)
    links = {f"c/{number}": "from" for number in range(1100)}
    store.publish_links("cubes", links, {"zarr.json": b"{}"}, tmp_path)
    proxy.asked.clear()
    store.delete_folder("cubes")
    asked = Counter(method for method, _ in proxy.asked)
    assert asked["GET"] == 2
    assert asked["POST"] <= 4  # a page that comes late is not waited for
    assert asked.total() == asked["GET"] + asked["POST"]
    assert store.list_files("") == ["from"]
