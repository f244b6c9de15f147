import hashlib
import os
import time

import pytest

from smmap.store import known_checksum
from smmap.store.checksum import compute_sha256
from smmap.store.known_checksum import find_sha256


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A file that counts as large, written long ago, as far as its writer can say."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(known_checksum, "_LARGE", 10)
    monkeypatch.setattr(known_checksum, "_SETTLED_S", 0.05)
    path = tmp_path / "file"
    path.write_bytes(bytes(range(200)))
    time.sleep(0.1)
    return path


def find(path, asked):
    """The checksum, and whether the file was read for it."""
    before = len(asked)
    found = find_sha256(path, lambda one: asked.append(one) or compute_sha256(one))
    assert found == hashlib.sha256(path.read_bytes()).hexdigest()
    return len(asked) > before


def test_read_once(path):
    asked = []
    assert [find(path, asked) for _ in range(3)] == [True, False, False]


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(bytes(200)),
        lambda path: path.write_bytes(bytes(201)),
        os.utime,
        lambda path: path.rename(path.with_name("other")).replace(path),
        lambda path: path.chmod(0o600),
    ],
    ids=["content", "length", "time", "renamed", "permissions"],
)
def test_read_again_after_a_change(path, change):
    asked = []
    find(path, asked)
    change(path)
    assert find(path, asked)


def test_a_change_that_hides_itself(path):
    """Same length, times set back: only the time that the system sets tells."""
    asked = []
    find(path, asked)
    before = path.stat()
    path.write_bytes(bytes(200))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert find(path, asked)


def test_a_file_just_written_gets_no_note(path, monkeypatch):
    monkeypatch.setattr(known_checksum, "_SETTLED_S", 60.0)
    asked = []
    assert [find(path, asked) for _ in range(2)] == [True, True]


def test_a_damaged_note(path, tmp_path):
    asked = []
    find(path, asked)
    (note,) = (tmp_path / "cache" / "smmap" / "checksums").iterdir()
    for content in (b"", b"[]", b"{", b'{"state": 1, "sha256": 2}'):
        note.write_bytes(content)
        assert find(path, asked)
        assert not find(path, asked)


def test_nowhere_to_note(path, tmp_path):
    (tmp_path / "cache").write_text("in the way")
    asked = []
    assert [find(path, asked) for _ in range(2)] == [True, True]
