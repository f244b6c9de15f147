"""What has the name that is written to: links are followed, and nothing but files is replaced."""

import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path

import pytest

from smmap.spec.errors import StoreError
from smmap.store.atomic import move_atomic, write_atomic
from smmap.store.open import open_output_store
from smmap.store.target import check_file, check_folder
from smmap.train.package_files import check_package_folder, check_package_place

_NOBODY = 65534
"""User without rights."""


def move(path: Path, data: bytes) -> None:
    """As `write_atomic`, of a file that is there already."""
    staged = Path(tempfile.mkdtemp(dir=path.parent)) / "staged"
    staged.write_bytes(data)
    move_atomic(staged, path)


WRITERS = pytest.mark.parametrize("write", [write_atomic, move])


def make(folder: Path, kind: str) -> Path:
    path = folder / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as one, pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)  # a socket's whole name is 108 characters at most
            one.bind(kind)
    elif kind == "device":
        if os.geteuid() == 0:
            os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        else:
            path.symlink_to("/dev/null")
    elif kind == "link-to-device":
        path.symlink_to("/dev/null")
    return path


@WRITERS
@pytest.mark.parametrize("kind", ["folder", "pipe", "socket", "device", "link-to-device"])
def test_what_is_no_file_is_refused_and_stays(tmp_path, write, kind):
    path = make(tmp_path, kind)
    before = path.lstat()
    with pytest.raises(StoreError, match=f"{kind} is (a folder|no ordinary file)"):
        check_file(path)
    with pytest.raises(StoreError, match=f"{kind} is (a folder|no ordinary file)"):
        write(path, b"new")
    after = path.lstat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert Path("/dev/null").is_char_device()


@WRITERS
@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_leads_to_what_is_new(tmp_path, write, there):
    (tmp_path / "far").mkdir()
    real, link = tmp_path / "far" / "real.json", tmp_path / "link.json"
    if there:
        real.write_bytes(b"old")
    link.symlink_to("far/real.json")
    (tmp_path / "link-to-link").symlink_to(link)
    check_file(tmp_path / "link-to-link")
    write(tmp_path / "link-to-link", b"new")
    assert (link.is_symlink(), real.is_symlink(), real.read_bytes()) == (True, False, b"new")
    assert [one.name for one in real.parent.iterdir()] == ["real.json"]


def test_a_file_behind_a_link_is_replaced_whole(tmp_path):
    """Whoever has the old file open goes on reading the old one."""
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "staging").mkdir()
    with (tmp_path / "real").open("rb") as reader:
        write_atomic(tmp_path / "link", b"new", staging=tmp_path / "staging")
        assert reader.read() == b"old"
    assert (tmp_path / "real").read_bytes() == b"new"
    assert list((tmp_path / "staging").iterdir()) == []


@pytest.mark.parametrize("name", ["file/a.json", "circle", "circle/a.json", "nothing/a.json"])
def test_ways_that_lead_nowhere(tmp_path, name):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "nothing").symlink_to("not-there")
    for check in (check_file, check_folder, lambda path: write_atomic(path, b"x")):
        with pytest.raises(StoreError, match="cannot write"):
            check(tmp_path / name)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["circle", "file", "nothing"]


def test_a_file_without_a_name(tmp_path):
    """Behind /proc/self/fd may be a file that was removed: it cannot be replaced by its name."""
    with (tmp_path / "gone").open("wb") as file:
        (tmp_path / "gone").unlink()
        path = Path(f"/proc/self/fd/{file.fileno()}")
        with pytest.raises(StoreError, match="no ordinary file"):
            check_file(path)


@pytest.fixture
def closed():
    """A folder without permission to write into it, for the user who is at work meanwhile."""
    folder = Path(tempfile.mkdtemp())  # root's temporary folder lets nobody else through
    (folder / "closed").mkdir(mode=0o555)
    (folder / "closed" / "open").mkdir()
    (folder / "closed" / "open").chmod(0o777)
    folder.chmod(0o755)
    root = os.geteuid() == 0
    if root:
        os.seteuid(_NOBODY)
    try:
        yield folder / "closed"
    finally:
        if root:
            os.seteuid(0)
        (folder / "closed").chmod(0o755)
        shutil.rmtree(folder)


def test_folders_without_permission(closed):
    check_file(closed / "open" / "deeper" / "a.json")
    check_folder(closed / "open")
    for check in (check_file, check_folder):
        with pytest.raises(StoreError, match=f"no permission to write into {closed}; "):
            check(closed / "new" / "deeper")
    with pytest.raises(StoreError, match="no permission"):
        check_folder(closed)


def test_checks_change_nothing(tmp_path):
    check_file(tmp_path / "a" / "b.json")
    check_folder(tmp_path / "a" / "b")
    (tmp_path / "b.json").write_bytes(b"old")
    check_file(tmp_path / "b.json")
    assert [one.name for one in tmp_path.iterdir()] == ["b.json"]


def test_relative_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "a/b", ".", "./a"):
        check_folder(Path(name))
    check_file(Path("a.json"))
    write_atomic(Path("a.json"), b"x")
    with pytest.raises(StoreError, match=r"a\.json is no folder"):
        check_folder(Path("a.json/b"))


def test_a_file_is_no_output(tmp_path):
    (tmp_path / "maps").write_bytes(b"")
    for address in (tmp_path / "maps", str(tmp_path / "maps"), f"file://{tmp_path / 'maps'}"):
        with pytest.raises(StoreError, match="is no folder"):
            open_output_store(address)


def test_a_package_is_made_beside_its_folder(closed):
    """So the one that holds it must be open, too, but where files are written right into it."""
    check_package_folder(closed / "open")
    with pytest.raises(StoreError, match=f"no permission to write into {closed}; "):
        check_package_place(closed / "open")
