"""Versions of a remote file: nothing stale is read, and what is kept is not sent again."""

from __future__ import annotations

import os

import numpy as np
import pytest

from smmap.spec.errors import TransientError
from smmap.store.network import get_page_cache
from smmap.store.part import read_version
from smmap.store.remote_file import PAGE, RemoteFile

SIZE = 5 * PAGE + 1234


@pytest.mark.parametrize("validator", ["etag", "date"])
def test_what_is_kept_is_not_sent_again(server, cache, content, validator, read_all):
    server.validator = validator
    os.utime(server.folder / "a.tif", (1e9, 1e9))
    read_all()
    server.sent = 0
    server.count_requests()
    assert read_all() == content
    assert server.count_requests() == 1
    assert server.sent <= 1, "at most the byte that brings the date along"


@pytest.mark.parametrize("validator", ["weak", "none"])
def test_what_has_no_version_is_not_kept(server, cache, content, validator, read_all):
    server.validator = validator
    for _ in range(2):
        server.sent = 0
        assert read_all() == content
        assert server.sent == SIZE


@pytest.mark.parametrize("validator", ["etag", "date"])
def test_nothing_stale_is_ever_read(server, cache, content, validator, read_all):
    """Of the same length; also an older file that takes the place of a newer one."""
    server.validator = validator
    path = server.folder / "a.tif"
    for second in (1.2e9, 1.3e9, 1.1e9):
        changed = np.random.default_rng(int(second)).bytes(SIZE)
        path.write_bytes(changed)
        os.utime(path, (second, second))
        assert read_all() == changed
        assert read_all() == changed


def test_a_file_that_was_just_changed_has_no_date_to_trust(server, cache, content, read_all):
    """Another change in the same second would bear the same date."""
    server.validator = "date"
    read_all()
    changed = content[::-1]
    stamp = (server.folder / "a.tif").stat()
    (server.folder / "a.tif").write_bytes(changed)
    os.utime(server.folder / "a.tif", (stamp.st_atime, stamp.st_mtime))
    assert read_all() == changed


def test_versions_are_never_mixed(server, cache, content, read_all):
    file = RemoteFile(f"{server.address}/a.tif")
    (server.folder / "a.tif").write_bytes(content[::-1])
    with pytest.raises(TransientError, match="changed while it was read"):
        file.read(PAGE, 10)
    assert read_all() == content[::-1]


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


def test_a_page_that_a_disk_has_spoilt_is_fetched_again(server, cache, content, read_all):
    read_all()
    pages = get_page_cache()
    for path in pages._folder.glob("??/*"):
        path.write_bytes(path.read_bytes()[:100])
    assert read_all() == content
