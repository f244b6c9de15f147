import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from smmap.spec.errors import StoreError
from smmap.store.lock import hold_lock, try_lock
from smmap.store.staging import open_staging


def start(code: str, *args: object) -> subprocess.Popen[str]:
    """Another process; its standard input lets it go on."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


HOLD = """
import sys
from pathlib import Path
from smmap.store.lock import hold_lock
with hold_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""

STAGE = """
import sys
from pathlib import Path
from smmap.store.staging import open_staging
with open_staging(Path(sys.argv[1])) as folder:
    (folder / "pixels").write_text("half")
    print(folder, flush=True)
    sys.stdin.readline()
"""


def test_a_lock_keeps_another_process_out(tmp_path):
    path = tmp_path / "locks" / "one"
    with start(HOLD, path) as other:
        assert other.stdout.readline() == "held\n"
        assert try_lock(path) is None
        other.communicate("\n")
    file = try_lock(path)
    assert file is not None
    file.close()


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    with start(HOLD, tmp_path / "one") as other:
        other.stdout.readline()
        other.send_signal(signal.SIGKILL)
        other.communicate()
    with hold_lock(tmp_path / "one"):
        assert try_lock(tmp_path / "one") is None


def test_a_lock_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot write"), hold_lock(tmp_path / "file" / "lock"):
        pass


def test_errors_inside_a_lock_are_not_the_stores(tmp_path):
    with pytest.raises(FileNotFoundError), hold_lock(tmp_path / "lock"):
        (tmp_path / "none").read_bytes()


def test_two_processes_cannot_both_win(tmp_path):
    """Each adds its own lines by read, append, swap: with compare-and-swap none is ever lost."""
    code = """
    import sys
    from pathlib import Path
    from smmap.store.folder import FolderOutput
    store, name = FolderOutput(Path(sys.argv[1])), sys.argv[2].encode()
    sys.stdin.readline()
    lost = 0
    for n in range(60):
        while True:
            old = store.read("ledger")
            new = (old or b"") + name + b"\\n"
            if store.swap("ledger", old, new, staging=Path(sys.argv[1])):
                break
            lost += 1
    print(lost)
    """
    path = tmp_path / "ledger"
    others = [start(code, tmp_path, name) for name in "ab"]
    for other in others:
        other.stdin.write("\n")
        other.stdin.flush()
    for other in others:
        other.communicate(timeout=120)
        assert other.returncode == 0
    assert sorted(path.read_text().split()) == ["a"] * 60 + ["b"] * 60


def test_staging_is_removed_by_its_owner(tmp_path):
    with open_staging(tmp_path / "staging") as folder:
        (folder / "pixels").write_text("half")
        assert folder.parent == tmp_path / "staging"
    assert list((tmp_path / "staging").iterdir()) == []


def test_staging_is_removed_when_its_run_fails(tmp_path):
    with pytest.raises(KeyError), open_staging(tmp_path / "staging") as folder:
        raise KeyError
    assert not folder.exists()


def test_a_live_runs_staging_stays_and_a_killed_ones_goes(tmp_path):
    root = tmp_path / "staging"
    with start(STAGE, root) as other:
        theirs = Path(other.stdout.readline().strip())
        with open_staging(root) as ours:
            assert theirs != ours
            assert (theirs / "pixels").read_text() == "half"
        other.send_signal(signal.SIGKILL)
        other.communicate()
    assert theirs.is_dir()
    with open_staging(root) as ours:
        assert [one for one in root.iterdir() if one.is_dir()] == [ours]


def test_runs_that_start_together_leave_each_other_alone(tmp_path):
    """A folder without its owner's lock yet must not be taken for an abandoned one."""
    code = """
    import sys
    from pathlib import Path
    from smmap.store.staging import open_staging
    sys.stdin.readline()
    for n in range(60):
        with open_staging(Path(sys.argv[1])) as folder:
            (folder / "pixels").write_text("half")
    """
    others = [start(code, tmp_path / "staging") for _ in range(3)]
    time.sleep(0.5)
    for other in others:
        other.stdin.write("\n")
        other.stdin.flush()
    for other in others:
        other.communicate(timeout=120)
        assert other.returncode == 0
