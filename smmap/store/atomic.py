"""Whole or not at all: files appear under their name only when they are complete."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from smmap.spec.errors import StoreError

_AT_ONCE = 8
"""Files that are flushed together; more are no faster."""


@contextmanager
def report_store_errors(what: str) -> Iterator[None]:
    """Turn the system's write errors (full disk, no permission) into a StoreError."""
    try:
        yield
    except OSError as error:
        reason = f"{error.strerror or error}"
        message = f"cannot write {what}: {reason}; free space or change permissions, then rerun"
    else:
        return
    raise StoreError(message)


def write_atomic(path: Path, data: bytes, *, staging: Path | None = None) -> None:
    """Write ``data`` under a unique temporary name, flush it, then rename it to ``path``.

    Parameters
    ----------
    staging
        Folder on the same file system for the temporary file, which a killed process leaves
        behind: a run's own, of which nothing stays. None: beside ``path``.

    Raises
    ------
    StoreError
        If it cannot be written; ``path`` is then what it was before.
    """
    with report_store_errors(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = (staging or path.parent) / f".{path.name}.{uuid.uuid4().hex}.tmp"
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)


def move_atomic(staged: Path, target: Path) -> None:
    """Flush a finished file and rename it to ``target``, on the same file system.

    Raises
    ------
    StoreError
        If that cannot be done; ``target`` is then what it was before.
    """
    with report_store_errors(str(target)):
        target.parent.mkdir(parents=True, exist_ok=True)
        _sync(staged)
        staged.replace(target)
        sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename survives a power cut."""
    _sync(folder)


def sync_tree(folder: Path) -> None:
    """Flush every file and folder below ``folder``, several at once.

    Each waits for the disk, which may serve them together: one write of its journal for all.
    """
    with ThreadPoolExecutor(_AT_ONCE, "sync") as pool:
        for _ in pool.map(_sync, [folder, *folder.rglob("*")]):
            pass


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def publish_folder(staged: Path, target: Path) -> None:
    """Rename a finished folder into place; an equal one that is there already wins.

    Names of targets contain a digest of their content, so what is there is the same.
    """
    with report_store_errors(str(target)):
        sync_tree(staged)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            shutil.rmtree(staged)
            return
        try:
            staged.rename(target)
        except OSError:  # a folder that is not empty: the system says ENOTEMPTY or EEXIST
            if not target.is_dir():
                raise
            shutil.rmtree(staged)
        sync_folder(target.parent)
