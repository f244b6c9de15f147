"""Bytes of remote files: right or an error, whatever the server does and the cache holds."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_server import Pages, serve_pages

from smmap.spec.cache import Cache
from smmap.spec.errors import OfflineError, SceneError, TransientError
from smmap.store import remote_file, retry
from smmap.store.network import check_online, get_page_cache, is_offline, use_network
from smmap.store.part import read_version
from smmap.store.remote_file import PAGE, RemoteFile
from smmap.store.signing import strip_signature

SIZE = 5 * PAGE + 1234


@pytest.fixture
def content():
    return np.random.default_rng(0).bytes(SIZE)


@pytest.fixture
def server(tmp_path, content, monkeypatch):
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.002)
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "a.tif").write_bytes(content)
    with serve_pages(folder) as pages:
        yield pages


@pytest.fixture
def cache(tmp_path):
    """The process keeps pages there."""
    chosen = Cache(folder=str(tmp_path / "cache"), gigabytes=1)
    use_network(offline=False, cache=chosen)
    yield chosen
    use_network(offline=False, cache=None)


def count_requests(server: Pages) -> int:
    found = len(server.asked)
    server.asked.clear()
    return found


def read_all(server: Pages, name: str = "a.tif") -> bytes:
    file = RemoteFile(f"{server.address}/{name}")
    return file.read(0, file.size)


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
    assert count_requests(server) == 1
    assert file.read(10, 100) == content[10:110]
    assert count_requests(server) == 0, "the first page came with the opening"
    file.read(PAGE + 5, 3 * PAGE)
    assert [one[2] for one in server.asked] == [f"bytes={PAGE}-{5 * PAGE - 1}"]
    file.read(2 * PAGE, 2 * PAGE)
    assert count_requests(server) == 1


def test_what_will_be_read_is_fetched_in_few_requests(server, content):
    """Pages 1, 2 and 5 of 6: what lies between costs less than another request."""
    file = RemoteFile(f"{server.address}/a.tif")
    count_requests(server)
    with file.hold([(PAGE + 3, PAGE + 4), (5 * PAGE - 9, 10 * PAGE), (2 * PAGE, 3 * PAGE)]):
        assert [one[2] for one in server.asked] == [f"bytes={PAGE}-{SIZE - 1}"]
        assert file.read(PAGE, SIZE) == content[PAGE:]
        with file.hold([]):
            pass
    assert count_requests(server) == 1


def test_what_lies_far_apart_is_not_fetched_along(server, content, monkeypatch):
    monkeypatch.setattr(remote_file, "_GAP", 1)
    file = RemoteFile(f"{server.address}/a.tif")
    count_requests(server)
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
        count_requests(server)
        for start, stop in wanted:
            assert file.read(start, stop - start) == content[start:stop]
    assert count_requests(server) == 0


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


@pytest.mark.parametrize("fault", ["404", "500"])
def test_one_of_several_requests_that_fails_is_one_error(server, content, fault):
    file = RemoteFile(f"{server.address}/a.tif")
    server.faults = ["", *([fault] * 20)]
    spans = [(PAGE, PAGE + 1), (5 * PAGE, SIZE)]
    with pytest.raises((SceneError, TransientError), match=r"a\.tif"), file.hold(spans):
        pytest.fail("held")
    server.faults = []
    with file.hold(spans):
        assert file.read(5 * PAGE, SIZE) == content[5 * PAGE :]


@pytest.mark.parametrize(
    "fault", ["500", "503", "429 0", "408", "reset", "short", "less", "elsewhere", "later", "slow"]
)
def test_faults_that_pass_are_not_seen(server, cache, content, fault):
    """One at the opening, one at a page; nothing wrong is kept either."""
    server.faults = ["slow"] * 2 if fault == "slow" else [fault, "", fault, fault]
    assert read_all(server) == content
    assert not server.faults
    count_requests(server)
    assert read_all(server) == content
    assert count_requests(server) == 1, "it was asked whether it is as it was, and no more"


@pytest.mark.parametrize("fault", ["500", "429 0", "reset", "short", "less", "elsewhere", "later"])
def test_faults_that_stay_are_one_error(server, cache, content, fault):
    file = RemoteFile(f"{server.address}/a.tif")
    server.faults = [fault] * retry.ATTEMPTS
    count_requests(server)
    with pytest.raises(TransientError, match=r"a\.tif: not readable.*rerun later") as caught:
        file.read(PAGE, 10)
    assert count_requests(server) == retry.ATTEMPTS
    assert caught.value.exhausted
    with pytest.raises(TransientError):
        retry.retry(lambda: (_ for _ in ()).throw(caught.value))
    assert file.read(PAGE, SIZE) == content[PAGE:], "nothing of it was kept"


def test_what_the_server_asks_for_is_waited_for(server, content):
    server.faults = ["429 1"]
    begun = time.monotonic()
    assert read_all(server) == content
    assert time.monotonic() - begun >= 1.0
    assert server.asked[1][0] - server.asked[0][0] >= 1.0


def test_a_server_that_wants_a_long_pause_is_left_alone(server):
    server.faults = ["429 900"]
    with pytest.raises(TransientError, match=r"127\.0\.0\.1:\d+ wants no requests for \d+ s"):
        read_all(server)
    assert count_requests(server) == 1


def test_what_is_gone_costs_one_request(server):
    with pytest.raises(SceneError, match=r"gone\.tif cannot be read \(HTTP 404\)"):
        read_all(server, "gone.tif")
    assert count_requests(server) == 1


def test_a_name_that_nobody_knows(monkeypatch):
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.002)
    with pytest.raises(TransientError, match=r"nowhere\.invalid/a\.tif: not readable"):
        RemoteFile("http://nowhere.invalid/a.tif?sig=secret").read(0, 1)


def test_redirects_are_followed(server, content):
    assert read_all(server, "moved/a.tif") == content


def test_a_server_that_sends_files_whole(server, cache, content):
    server.ranges = False
    assert read_all(server) == content
    assert count_requests(server) == 1
    server.ranges = True
    assert read_all(server) == content
    assert count_requests(server) == 1


@pytest.mark.parametrize("validator", ["etag", "date"])
def test_what_is_kept_is_not_sent_again(server, cache, content, validator):
    server.validator = validator
    os.utime(server.folder / "a.tif", (1e9, 1e9))
    read_all(server)
    server.sent = 0
    count_requests(server)
    assert read_all(server) == content
    assert count_requests(server) == 1
    assert server.sent <= 1, "at most the byte that brings the date along"


@pytest.mark.parametrize("validator", ["weak", "none"])
def test_what_has_no_version_is_not_kept(server, cache, content, validator):
    server.validator = validator
    for _ in range(2):
        server.sent = 0
        assert read_all(server) == content
        assert server.sent == SIZE


@pytest.mark.parametrize("validator", ["etag", "date"])
def test_nothing_stale_is_ever_read(server, cache, content, validator):
    """Of the same length; also an older file that takes the place of a newer one."""
    server.validator = validator
    path = server.folder / "a.tif"
    for second in (1.2e9, 1.3e9, 1.1e9):
        changed = np.random.default_rng(int(second)).bytes(SIZE)
        path.write_bytes(changed)
        os.utime(path, (second, second))
        assert read_all(server) == changed
        assert read_all(server) == changed


def test_a_file_that_was_just_changed_has_no_date_to_trust(server, cache, content):
    """Another change in the same second would bear the same date."""
    server.validator = "date"
    read_all(server)
    changed = content[::-1]
    stamp = (server.folder / "a.tif").stat()
    (server.folder / "a.tif").write_bytes(changed)
    os.utime(server.folder / "a.tif", (stamp.st_atime, stamp.st_mtime))
    assert read_all(server) == changed


def test_versions_are_never_mixed(server, cache, content):
    file = RemoteFile(f"{server.address}/a.tif")
    (server.folder / "a.tif").write_bytes(content[::-1])
    with pytest.raises(TransientError, match="changed while it was read"):
        file.read(PAGE, 10)
    assert read_all(server) == content[::-1]


def test_versions_as_rfc_9110_tells_them():
    dates = {
        "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT",
        "Date": "Sun, 06 Nov 1994 08:49:38 GMT",
    }
    assert read_version({"ETag": '"xyzzy"', **dates}) == '"xyzzy"'
    assert read_version(dates) is None, "changed in the second in which it was sent"
    later = dates | {"Date": "Sun, 06 Nov 1994 08:50:38 GMT"}
    assert read_version(later) == later["Last-Modified"]
    assert read_version({"ETag": 'W/"xyzzy"', **later}) == later["Last-Modified"]
    for headers in ({}, {"Last-Modified": "now", "Date": "then"}, {"Last-Modified": later["Date"]}):
        assert read_version(headers) is None


def test_a_page_that_a_disk_has_spoilt_is_fetched_again(server, cache, content):
    read_all(server)
    pages = get_page_cache()
    for path in pages._folder.glob("??/*"):
        path.write_bytes(path.read_bytes()[:100])
    assert read_all(server) == content


def test_offline_reads_what_is_kept_and_asks_nobody(server, cache, content):
    RemoteFile(f"{server.address}/a.tif").read(PAGE, PAGE)
    (server.folder / "b.tif").write_bytes(content)
    count_requests(server)
    use_network(offline=True, cache=cache)
    file = RemoteFile(f"{server.address}/a.tif?sig=another&se=2030")
    assert file.read(100, 2 * PAGE - 100) == content[100 : 2 * PAGE]
    with pytest.raises(OfflineError, match=r"a\.tif is in the cache in part"):
        file.read(0, 3 * PAGE)
    with pytest.raises(OfflineError, match=r"b\.tif is not in the cache.*run it once online"):
        read_all(server, "b.tif")
    assert count_requests(server) == 0


def test_the_environment_says_it_too(tmp_path, monkeypatch):
    assert (is_offline(), get_page_cache()) == (False, None)
    for text, meant in (("1", True), ("true", True), ("0", False), ("", False)):
        monkeypatch.setenv("SMMAP_OFFLINE", text)
        assert is_offline() is meant
    monkeypatch.setenv("SMMAP_OFFLINE", "1")
    with pytest.raises(OfflineError, match=r"^the thing: not asked for.*SMMAP_OFFLINE"):
        check_online("the thing")
    monkeypatch.setenv("SMMAP_CACHE", str(tmp_path))
    monkeypatch.setenv("SMMAP_CACHE_GB", "0.5")
    cache = get_page_cache()
    assert (cache._folder, cache._limit) == (tmp_path, 500_000_000)
    assert get_page_cache() is cache
    monkeypatch.setenv("SMMAP_CACHE_GB", "much")
    with pytest.raises(Exception, match=r"SMMAP_CACHE_GB.*gigabytes.*much"):
        get_page_cache()


def test_a_signature_that_has_expired_is_made_anew_once(server, content, monkeypatch):
    """The signer's part is played by a list of signatures, of which the last is good."""
    made = iter(["old", "new", "newer"])
    kept: list[str] = []
    forgotten: list[str] = []

    def sign(href, signer):
        if not kept:
            kept.append(next(made))
        return f"{href}?sig={kept[0]}"

    def forget(href, signer):
        forgotten.append(kept.pop())

    monkeypatch.setattr(remote_file, "sign_href", sign)
    monkeypatch.setattr(remote_file, "forget_signature", forget)
    server.signature = "old"
    file = RemoteFile(f"{server.address}/a.tif")
    server.signature = "new"
    assert file.read(0, SIZE) == content
    assert forgotten == ["old"]


def test_a_refusal_that_stays_is_an_error_without_the_signature(server):
    server.signature = "good"
    with pytest.raises(TransientError, match=r"refused \(HTTP 403\)") as caught:
        read_all(server, "a.tif?sig=secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "query, kept",
    [
        ("", ""),
        ("version=3&sv=of-its-own", "version=3&sv=of-its-own"),  # not signed
        ("sv=2020-10-02&st=a&se=b&skoid=c&sktid=d&sp=rl&sig=e%3D", ""),
        ("versionId=9&X-Amz-Algorithm=a&X-Amz-Date=b&X-Amz-Signature=c", "versionId=9"),
        ("generation=9&X-Goog-Expires=1&X-Goog-Signature=c", "generation=9"),
        ("Expires=1&Signature=a&Key-Pair-Id=b&Policy=c&format=tif", "format=tif"),
    ],
)
def test_signatures_are_told_from_the_rest(query, kept):
    """As Azure (SAS), Amazon (v4), Google (v4) and CloudFront write them."""
    address = "https://host/container/a%20b.tif"
    joined = f"{address}?{query}" if query else address
    assert strip_signature(joined) == (f"{address}?{kept}" if kept else address)
