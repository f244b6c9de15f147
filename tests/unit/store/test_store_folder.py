"""A folder as an output: what a kill in the middle leaves."""

import subprocess
import sys

from smmap.store.folder import FolderOutput

_KILLED = """
import os, sys
from pathlib import Path
from smmap.store import staging
from smmap.store.folder import FolderOutput
staging.shutil.rmtree = lambda *_, **__: os.kill(os.getpid(), 9)
FolderOutput(Path(sys.argv[1])).delete_folder("old/a")
"""


def test_a_kill_while_a_folder_is_removed_leaves_nothing_for_good(tmp_path):
    store = FolderOutput(tmp_path)
    with store.open_staging() as staging:
        store.put("old/a/pixels", b"x", staging)
        store.put("old/b/pixels", b"x", staging)
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -9
    assert list(tmp_path.rglob("a/pixels"))
    assert store.list_files("old") == ["old/b/pixels"]
    with store.open_staging():
        assert not list(tmp_path.rglob("a/pixels"))
    assert [one.name for one in (tmp_path / "old").iterdir()] == ["b"]
