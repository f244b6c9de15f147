"""Conditional writes of small documents: create-only, and compare-and-swap."""

from __future__ import annotations

from pathlib import Path

from smmap.store.atomic import write_atomic
from smmap.store.lock import hold_lock


def read_document(path: Path) -> bytes | None:
    """The document's bytes, or None if there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def swap_document(
    path: Path, expected: bytes | None, data: bytes, *, lock: Path, staging: Path | None = None
) -> bool:
    """Write ``data`` only if the document still is ``expected`` (None: does not exist).

    Returns False, and writes nothing, if somebody else changed it meanwhile. ``staging`` as in
    `write_atomic`.
    """
    with hold_lock(lock):
        if read_document(path) != expected:
            return False
        write_atomic(path, data, staging=staging)
        return True
