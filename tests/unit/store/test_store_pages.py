"""What is kept on disk comes back as it was or not at all, and takes no more room than it may."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psutil
from hypothesis import given, settings
from hypothesis import strategies as st

from smmap.store.pages import PageCache

WRITE = """
import sys
from pathlib import Path
from smmap.store.pages import PageCache
cache = PageCache(Path(sys.argv[1]), int(sys.argv[2]))
print("go", flush=True)
for number in range(int(sys.argv[4])):
    name = f"{sys.argv[3]}-{number}"
    cache.write(name, name.encode() * 1000)
"""


def measure(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@settings(max_examples=30, deadline=None)
@given(contents=st.dictionaries(st.text(), st.binary(max_size=300), max_size=8))
def test_what_is_kept_comes_back(tmp_path_factory, contents):
    cache = PageCache(tmp_path_factory.mktemp("cache"), 10**6)
    for name, data in contents.items():
        cache.write(name, data)
    assert {name: cache.read(name) for name in contents} == contents
    assert cache.read("".join(contents) + "something else") is None


@settings(max_examples=40, deadline=None)
@given(change=st.data())
def test_what_is_spoilt_is_absent(tmp_path_factory, change):
    """Cut off, filled with zeros, a bit turned, another page's: as disks do after a power cut."""
    folder = tmp_path_factory.mktemp("cache")
    cache = PageCache(folder, 10**6)
    cache.write("page", b"0123456789" * 5)
    (path,) = (one for one in folder.glob("??/*"))
    content = bytearray(path.read_bytes())
    cut = change.draw(st.integers(0, len(content)))
    match change.draw(st.sampled_from(["cut", "zeros", "bit"])):
        case "cut":
            del content[min(cut, len(content) - 1) :]
        case "zeros":
            content[min(cut, len(content) - 1) :] = bytes(max(1, len(content) - cut))
        case "bit":
            content[min(cut, len(content) - 1)] ^= 1 << change.draw(st.integers(0, 7))
    spoilt = bytes(content) != path.read_bytes()
    path.write_bytes(content)
    assert cache.read("page") == (None if spoilt else b"0123456789" * 5)
    cache.write("page", b"new")
    assert cache.read("page") == b"new"


def test_a_file_under_another_name_is_not_taken(tmp_path):
    cache = PageCache(tmp_path, 10**6)
    cache.write("a", b"of a")
    cache.write("b", b"of b")
    cache._find_path("a").replace(cache._find_path("b"))
    assert cache.read("b") is None


def test_what_was_used_last_stays(tmp_path):
    """5 of 100 kB, of which the first is read now and then, in room for 3."""
    cache = PageCache(tmp_path, 300_000 + 1000)
    for number in range(5):
        cache.write(str(number), bytes([number]) * 99_000)
        time.sleep(0.02)
        assert cache.read("0") == bytes([0]) * 99_000
        time.sleep(0.02)
    assert cache.read("1") is None
    assert cache.read("4") == bytes([4]) * 99_000


def test_the_bound_holds_whatever_is_written(tmp_path):
    cache, limit = PageCache(tmp_path, 1_000_000), 1_000_000
    for number in range(300):
        cache.write(str(number), os.urandom(20_000))
        assert measure(tmp_path) <= limit * 1.05 + 20_016
    assert measure(tmp_path) > limit * 0.8, "what fits is kept"


def test_processes_share_a_folder_and_its_bound(tmp_path):
    """One of three is killed on the way; what it left half is not taken, and goes at last."""
    limit = 2_000_000
    command = [sys.executable, "-c", WRITE, str(tmp_path), str(limit)]
    writers = [subprocess.Popen([*command, name, "1500"], stdout=subprocess.PIPE) for name in "abc"]
    for one in writers:
        assert one.stdout is not None
        one.stdout.readline()
    time.sleep(0.05)
    writers[0].kill()
    assert [one.wait(60) for one in writers[1:]] == [0, 0]
    writers[0].wait()
    for one in writers:
        assert one.stdout is not None
        one.stdout.close()
    assert measure(tmp_path) <= limit * 1.15
    cache = PageCache(tmp_path, limit)
    names = [f"{writer}-{number}" for writer in "abc" for number in range(1500)]
    found = {name: cache.read(name) for name in names}
    assert sum(one is not None for one in found.values()) > 100
    assert all(data in (None, name.encode() * 1000) for name, data in found.items())


def test_what_a_killed_writer_left_goes_with_the_rest(tmp_path):
    cache = PageCache(tmp_path, 100_000)
    cache.write("a", bytes(1000))
    half = next(tmp_path.glob("??")) / "0123.part"
    half.write_bytes(bytes(50_000))
    os.utime(half, (0, 0))
    for number in range(10):
        cache.write(str(number), bytes(10_000))
    assert not half.exists()


def test_a_folder_that_cannot_be_used_is_no_more_than_a_warning(tmp_path, caplog):
    (tmp_path / "cache").write_text("a file")
    cache = PageCache(tmp_path / "cache", 10**6)
    cache.write("a", b"a")
    assert cache.read("a") is None
    assert "nothing can be kept in the cache" in caplog.text


def test_reading_leaves_no_file_open(tmp_path):
    cache = PageCache(tmp_path, 10**6)
    before = psutil.Process().num_fds()
    for number in range(50):
        cache.write(str(number), bytes(10))
        cache.read(str(number))
    assert psutil.Process().num_fds() == before
