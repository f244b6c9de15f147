"""Whole or not at all: files appear under their name only when they are complete."""

from __future__ import annotations

import os
import shutil
import stat
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


def follow_link(path: Path) -> Path:
    """The file that is replaced when ``path`` is written: itself, or what its link leads to.

    A rename puts a file in the place of whatever has that name. Of a link it would leave none, and
    a device, a pipe or a socket would be gone for everybody.

    Raises
    ------
    StoreError
        If what is there is no regular file.
    OSError
        If the system cannot tell: links in a circle, no permission.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return path.resolve() if path.is_symlink() else path
    if stat.S_ISDIR(mode):
        raise StoreError(f"{path} is a folder; name a file")
    real = path.resolve() if path.is_symlink() else path
    # Behind a link of /proc there may be a file that has no name any more.
    if not stat.S_ISREG(mode) or not real.is_file():
        raise StoreError(
            f"{path} is no ordinary file, and would be lost if one took its place; name another"
        )
    return real


def write_atomic(path: Path, data: bytes, *, staging: Path | None = None) -> None:
    """Write ``data`` under a unique temporary name, flush it, then rename it to ``path``.

    A symbolic link stays, and the file that it leads to is replaced.

    Parameters
    ----------
    staging
        Folder on the same file system for the temporary file, which a killed process leaves
        behind: a run's own, of which nothing stays. None, or if ``path`` is a link: beside the
        file.

    Raises
    ------
    StoreError
        If it cannot be written, or is no regular file; ``path`` is then what it was before.
    """
    with report_store_errors(str(path)):
        real = follow_link(path)
        real.parent.mkdir(parents=True, exist_ok=True)
        beside = staging if staging is not None and real == path else real.parent
        temporary = beside / f".{real.name}.{uuid.uuid4().hex}.tmp"
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(real)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(real.parent)


def move_atomic(staged: Path, target: Path) -> None:
    """Flush a finished file and rename it to ``target``, on the same file system.

    A symbolic link stays, and the file that it leads to is replaced.

    Raises
    ------
    StoreError
        If that cannot be done, or ``target`` is no regular file; it is then what it was before.
    """
    with report_store_errors(str(target)):
        real = follow_link(target)
        real.parent.mkdir(parents=True, exist_ok=True)
        _sync(staged)
        staged.replace(real)
        sync_folder(real.parent)


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
