import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
from pathlib import Path

import pytest

from smmap.spec.errors import StoreError
from smmap.store.atomic import publish_folder, write_atomic
from smmap.store.checksum import compute_sha256
from smmap.store.staging import open_staging

_NOBODY = 65534
"""User without rights."""


def run_python(code: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Another process."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *args],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_writes_and_leaves_nothing_beside(tmp_path):
    write_atomic(tmp_path / "new" / "a.json", b"one")
    write_atomic(tmp_path / "new" / "a.json", b"two")
    assert [path.name for path in tmp_path.rglob("*")] == ["new", "a.json"]
    assert (tmp_path / "new" / "a.json").read_bytes() == b"two"


WRITE_AND_HANG = """
import os, sys
from pathlib import Path
from smmap.store.folder import FolderOutput
from smmap.store.staging import open_staging
root = Path(sys.argv[1])
def wait(handle):
    print("written", flush=True)
    sys.stdin.readline()
os.fsync = wait
with open_staging(root / "staging") as staging:
    FolderOutput(root / "out").swap("a.json", None, b"one", staging)
"""


def test_a_killed_write_leaves_nothing_that_stays(tmp_path):
    """Killed before the rename, the temporary file lies in the run's folder, and goes with it."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_AND_HANG, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "written\n"
        other.kill()
        other.communicate()
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".smmap"]
    assert len(list((tmp_path / "staging").glob("*/.a.json.*.tmp"))) == 1
    with open_staging(tmp_path / "staging") as ours:
        assert list(ours.glob(".a*")) == []
        assert [one for one in ours.parent.iterdir() if one.is_dir()] == [ours]


def test_staging_holds_nothing_afterwards(tmp_path):
    (tmp_path / "staging").mkdir()
    write_atomic(tmp_path / "new" / "a.json", b"one", staging=tmp_path / "staging")
    assert (tmp_path / "new" / "a.json").read_bytes() == b"one"
    assert list((tmp_path / "staging").iterdir()) == []
    with pytest.raises(StoreError, match=r"a\.json"):
        write_atomic(tmp_path / "new" / "a.json", b"two", staging=tmp_path / "nowhere")
    assert (tmp_path / "new" / "a.json").read_bytes() == b"one"


def test_a_reader_never_sees_half_a_file(tmp_path):
    """While another thread rewrites it, every look sees one whole version."""
    path = tmp_path / "a.bin"
    versions = [bytes([n]) * 300_000 for n in range(4)]
    write_atomic(path, versions[0])
    done = threading.Event()

    def rewrite() -> None:
        for n in range(60):
            write_atomic(path, versions[n % 4])
        done.set()

    writer = threading.Thread(target=rewrite)
    writer.start()
    looks = 0
    while not done.is_set():
        assert path.read_bytes() in versions
        looks += 1
    writer.join()
    assert looks > 10


def test_a_full_disk_leaves_the_old_file(tmp_path):
    """The system's limit on file size stands in for the disk: the write itself fails."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    found = run_python(
        """
        import resource, sys
        from pathlib import Path
        from smmap.spec.errors import StoreError
        from smmap.store.atomic import write_atomic
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        try:
            write_atomic(Path(sys.argv[1]), bytes(1_000_000))
        except StoreError as error:
            print(error)
        """,
        str(path),
    )
    assert f"cannot write {path}" in found.stdout, found.stderr
    assert "rerun" in found.stdout
    assert [one.name for one in tmp_path.iterdir()] == ["a.bin"]
    assert path.read_bytes() == b"old"


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot write"):
        write_atomic(tmp_path / "file" / "a.json", b"x")
    with pytest.raises(StoreError, match="cannot write"):
        write_atomic(Path("/proc/nowhere/a.json"), b"x")


@pytest.fixture
def own_folder(tmp_path):
    """A folder of the user at work, who is not root while it lasts: root may write everywhere."""
    if os.geteuid() != 0:
        yield tmp_path
        return
    # Root's temporary folder lets nobody else through.
    folder = Path(tempfile.mkdtemp())
    os.chown(folder, _NOBODY, _NOBODY)
    os.seteuid(_NOBODY)
    try:
        yield folder
    finally:
        os.seteuid(0)
        shutil.rmtree(folder)


def test_a_folder_without_permission(own_folder):
    write_atomic(own_folder / "a.json", b"x")
    own_folder.chmod(0o500)
    with pytest.raises(StoreError, match="Permission denied"):
        write_atomic(own_folder / "b.json", b"x")
    assert [one.name for one in own_folder.iterdir()] == ["a.json"]


def test_a_name_that_is_a_folder_stays_one(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(StoreError):
        write_atomic(tmp_path / "a", b"x")
    assert [one.name for one in tmp_path.iterdir()] == ["a"]


def stage(folder: Path, text: str) -> Path:
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "pixels").write_text(text)
    return folder


def test_a_finished_folder_appears_whole(tmp_path):
    staged, target = stage(tmp_path / "staged", "new"), tmp_path / "deep" / "target"
    publish_folder(staged, target)
    assert (target / "sub" / "pixels").read_text() == "new"
    assert not staged.exists()


def test_an_equal_folder_that_is_there_stays(tmp_path):
    target = stage(tmp_path / "target", "first")
    publish_folder(stage(tmp_path / "staged", "second"), target)
    assert (target / "sub" / "pixels").read_text() == "first"
    assert not (tmp_path / "staged").exists()


def test_two_runs_may_publish_the_same_folder_at_once(tmp_path):
    errors: list[Exception] = []
    for attempt in range(20):
        target = tmp_path / f"target{attempt}"
        stages = [stage(tmp_path / f"staged{attempt}-{n}", "same") for n in range(4)]
        gate = threading.Barrier(len(stages))

        def publish(staged: Path, target: Path = target, gate: threading.Barrier = gate) -> None:
            gate.wait()
            try:
                publish_folder(staged, target)
            except StoreError as error:
                errors.append(error)

        threads = [threading.Thread(target=publish, args=(one,)) for one in stages]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert (target / "sub" / "pixels").read_text() == "same"
        assert not any(one.exists() for one in stages)
    assert errors == []


def test_all_of_a_folder_is_flushed_before_it_appears(tmp_path, monkeypatch):
    staged, target = stage(tmp_path / "staged", "x"), tmp_path / "target"
    parts = {path.stat().st_ino for path in (staged, *staged.rglob("*"))}
    flushed, flush = set(), os.fsync

    def watch(handle: int) -> None:
        if not target.exists():
            flushed.add(os.fstat(handle).st_ino)
        flush(handle)

    monkeypatch.setattr(os, "fsync", watch)
    publish_folder(staged, target)
    assert len(parts) > 2
    assert flushed == parts


def test_a_target_that_is_a_file_is_an_error(tmp_path):
    (tmp_path / "parent").write_bytes(b"")
    with pytest.raises(StoreError):
        publish_folder(stage(tmp_path / "staged", "x"), tmp_path / "parent" / "target")


def test_checksum_of_abc(tmp_path):
    """FIPS 180-2, appendix B.1."""
    (tmp_path / "abc").write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert compute_sha256(tmp_path / "abc") == digest
