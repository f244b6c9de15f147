"""Checksums of large files, remembered as long as the files stay as they are.

A note in the user's cache folder holds a file's checksum with its size, inode and times of change
(the system sets the last whenever the content or another of these changes). A file that was
changed in the last seconds gets no note: another change could bear the same time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from smmap.spec.errors import StoreError
from smmap.store.atomic import write_atomic
from smmap.store.checksum import compute_sha256

logger = logging.getLogger(__name__)

_LARGE = 1 << 20
"""Bytes: smaller files are read faster than their note."""
_SETTLED_S = 2.0


def find_sha256(path: Path, compute: Callable[[Path], str] = compute_sha256) -> str:
    """SHA-256 of a file, hex: as noted if it is as it was then, else computed and noted.

    Parameters
    ----------
    path
        The file.
    compute
        What is asked of it where there is no note; always the same for one file.
    """
    state = _describe(path)
    if state[0] < _LARGE:
        return compute(path)
    note = get_cache_folder() / "checksums" / f"{_name(path)}.json"
    known = _load(note)
    if known.get("state") == state and isinstance(known.get("sha256"), str):
        return str(known["sha256"])
    found = compute(path)
    settled = time.time() - max(state[1], state[2]) / 1e9 > _SETTLED_S
    if settled and _describe(path) == state:
        try:
            text = json.dumps({"file": str(path), "state": state, "sha256": found})
            write_atomic(note, text.encode())
        except StoreError as error:
            logger.info("checksum of %s not noted: %s", path.name, error)
    return found


def get_cache_folder() -> Path:
    """Where what can be made again is kept for the user.

    A user without a home (a container's number that no one knows) has none: nothing can be kept
    in what is returned then.
    """
    try:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:
        home = os.devnull
    return Path(home, "smmap")


def _describe(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev]


def _name(path: Path) -> str:
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]


def _load(note: Path) -> dict[str, object]:
    try:
        found = json.loads(note.read_bytes())
    except (OSError, ValueError):  # not there, or damaged
        return {}
    return found if isinstance(found, dict) else {}
