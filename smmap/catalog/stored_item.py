"""Items whose content stays on disk until it is asked for."""

from __future__ import annotations

import json
import os
import tempfile
import weakref
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from threading import Lock
from typing import IO, Any

import pystac

from smmap.store.atomic import report_store_errors

_LEVEL = 1
_KEPT = 512
"""Parsed items kept in memory: those of a few tasks."""


class Snapshot:
    """What items said when they were found: one unnamed temporary file, gone with the object.

    Raises
    ------
    StoreError
        From all methods, if the disk of temporary files is full.
    """

    def __init__(self) -> None:
        with report_store_errors(tempfile.gettempdir()):
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the items)
        weakref.finalize(self, _discard, self._file)
        self._end = 0
        self._lock = Lock()

    def add(self, document: bytes) -> Callable[[], bytes]:
        """Keep an item's JSON; what is given back reads it, compressed."""
        packed = zlib.compress(document, _LEVEL)
        with self._lock, report_store_errors(tempfile.gettempdir()):
            place = self._end
            self._file.write(packed)
            self._end += len(packed)
        return _Place(self, place, len(packed))

    def read(self, place: int, size: int) -> bytes:
        """``size`` bytes from ``place`` on; from any thread."""
        with self._lock, report_store_errors(tempfile.gettempdir()):
            self._file.flush()
        return os.pread(self._file.fileno(), size, place)


def _discard(file: IO[bytes]) -> None:
    """Close a file; that its last bytes could not be written matters to nobody any more."""
    with suppress(OSError):
        file.close()


class _Place:
    """Where an item lies in a snapshot."""

    __slots__ = ("_place", "_size", "_snapshot")

    def __init__(self, snapshot: Snapshot, place: int, size: int) -> None:
        self._snapshot, self._place, self._size = snapshot, place, size

    def __call__(self) -> bytes:
        return self._snapshot.read(self._place, self._size)


class StoredItem(pystac.Item):
    """A `pystac.Item` of which only id, address and version are in memory.

    Everything else is parsed when it is first asked for, and forgotten when many others have
    been since: a plan of a hundred thousand scenes is as small as their ids. Pickled, it
    takes its content along. Not to be changed.
    """

    def __init__(
        self, name: str, href: str | None, version: str, load: Callable[[], bytes]
    ) -> None:
        # Without the base class's own: whatever is not set here is looked up by __getattr__.
        self.id = name
        self.version = version
        self._href = href
        self._load = load

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_load" not in self.__dict__:
            raise AttributeError(name)
        return getattr(_parse(self._load(), self._href), name)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.id, self._href, self.version, self._load())

    def get_self_href(self) -> str | None:
        """The item's own address."""
        return self._href


def _restore(name: str, href: str | None, version: str, packed: bytes) -> StoredItem:
    return StoredItem(name, href, version, lambda: packed)


@lru_cache(maxsize=_KEPT)
def _parse(packed: bytes, href: str | None) -> pystac.Item:
    document = json.loads(zlib.decompress(packed))
    item = pystac.Item.from_dict(document, href=href, preserve_dict=False)
    if item.get_self_href():  # else relative ones are refused by who needs them
        item.make_asset_hrefs_absolute()
    return item
