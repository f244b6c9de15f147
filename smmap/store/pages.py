"""Parts of remote files on a disk: whole or not at all, and never more than so many bytes.

Every part is a file of its own, written under a temporary name and renamed. It ends with a digest
of its name and content, so that one that a power cut has spoilt is taken for absent. There is no
index that could be damaged, so any number of processes and machines may share the folder, and any
of them may be killed.
"""

from __future__ import annotations

import hashlib
import logging
import os
import uuid
from contextlib import suppress
from pathlib import Path
from threading import Lock

from smmap.store.lock import try_lock

logger = logging.getLogger(__name__)

_DIGEST = 16
"""Bytes at the end of a file."""
_KEPT = 0.9
"""Share of the bound that is left when some is removed: not every write has to look."""
_UNSEEN = 0.05
"""Share of the bound that a process writes before it looks what others have written."""


class PageCache:
    """Keeps byte strings by name; those that were not used for longest are removed first.

    Parameters
    ----------
    folder
        Where; made when something is kept. Nothing else may be in it.
    limit
        Bytes. Each process that writes at the same time may add a twentieth of it.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._counting = Lock()
        self._room = 0.0
        """Bytes that may be written before the folder is looked through."""

    def read(self, name: str) -> bytes | None:
        """What was kept under ``name``, or None; it then counts as used."""
        path = self._find_path(name)
        try:
            framed = path.read_bytes()
        except OSError:
            return None
        data, digest = framed[:-_DIGEST], framed[-_DIGEST:]
        if digest != _compute_digest(name, data):
            logger.info("%s is spoilt: it is fetched anew", path)
            return None
        with suppress(OSError):  # removed meanwhile, or the disk is read-only
            os.utime(path)
        return data

    def write(self, name: str, data: bytes) -> None:
        """Keep ``data``; where that cannot be done, a warning is all that comes of it."""
        path = self._find_path(name)
        temporary = path.with_name(f"{uuid.uuid4().hex}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                temporary.write_bytes(data + _compute_digest(name, data))
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
            self._make_room(len(data) + _DIGEST)
        except OSError as error:
            reason = error.strerror or error
            logger.warning("nothing can be kept in the cache %s (%s)", self._folder, reason)

    def _find_path(self, name: str) -> Path:
        key = hashlib.sha256(name.encode()).hexdigest()
        return self._folder / key[:2] / key[2:40]

    def _make_room(self, added: int) -> None:
        with self._counting:
            self._room -= added
            if self._room >= 0:
                return
            gate = try_lock(self._folder / "removing.lock")
            if gate is None:  # somebody else is at it
                return
            with gate:
                left = self._remove_oldest()
            self._room = min(self._limit - left, self._limit * _UNSEEN)

    def _remove_oldest(self) -> int:
        """Bytes that are left."""
        files = []
        for part in self._folder.glob("??/*"):
            with suppress(FileNotFoundError):
                state = part.stat()
                files.append((state.st_mtime_ns, state.st_size, part))
        held = sum(size for _, size, _ in files)
        if held <= self._limit:
            return held
        for _, size, part in sorted(files):
            if held <= self._limit * _KEPT:
                break
            part.unlink(missing_ok=True)
            held -= size
        return held


def _compute_digest(name: str, data: bytes) -> bytes:
    key = hashlib.sha256(name.encode()).digest()
    return hashlib.blake2b(data, digest_size=_DIGEST, key=key).digest()
