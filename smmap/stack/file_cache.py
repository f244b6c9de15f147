"""Open files and their unpacked blocks, kept while work on neighbouring pixels goes on.

A block of a tile that is turned against a scene needs parts of several of the file's own blocks,
and its neighbours need the rest of them: without a cache each of these is fetched and unpacked four
times over. GDAL's own cache belongs to one open file, and one open file to one thread at a time;
this one belongs to all threads of a task.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from smmap.stack.kept_blocks import BlockKey, KeptBlocks, Stored
from smmap.store.dataset import Dataset

MOST_BYTES = 96 * 2**20
"""Of unpacked blocks."""
MOST_FILES = 64
"""Open and idle at once."""


class FileCache:
    """Blocks and open files by address; for many threads."""

    def __init__(self, most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES) -> None:
        self._most_files = most_files
        self._blocks = KeptBlocks(most_bytes)
        self._pending: set[BlockKey] = set()
        self._idle: OrderedDict[str, list[Dataset]] = OrderedDict()
        self._changed = threading.Condition()

    def take_file(self, address: str) -> Dataset | None:
        """An open file that nobody uses, or None."""
        with self._changed:
            idle = self._idle.get(address)
            return idle.pop() if idle else None

    def keep_file(self, address: str, file: Dataset) -> None:
        """Give back an open file; the longest unused one is closed when there are too many."""
        with self._changed:
            self._idle.setdefault(address, []).append(file)
            self._idle.move_to_end(address)
            surplus = self._shed_files()
        for one in surplus:
            one.close()

    def find_missing(self, keys: Iterable[BlockKey]) -> list[BlockKey]:
        """Those that are not there, and that nobody is reading."""
        with self._changed:
            return [one for one in keys if one not in self._blocks and one not in self._pending]

    def find_blocks(
        self, keys: Iterable[BlockKey], read: Callable[[BlockKey], Stored]
    ) -> dict[BlockKey, Stored]:
        """Blocks that are there, and those that are not by ``read``, one by one.

        So two threads that need the same blocks share them out: what another thread is reading is
        taken when it is there, waited for if nothing else is left to do, and read here if it fails
        there.
        """
        found: dict[BlockKey, Stored] = {}
        missing = [*keys]
        while missing:
            with self._changed:
                self._wait_for_any(missing)
                kept = ((one, self._blocks.get(one)) for one in missing)
                found |= {one: block for one, block in kept if block is not None}
                missing = [one for one in missing if one not in found]
                mine = next((one for one in missing if one not in self._pending), None)
                if mine is None:
                    continue
                self._pending.add(mine)
            found[mine] = self._read(mine, read)
            missing.remove(mine)
        return found

    def finish_blocks(self, keys: Iterable[BlockKey]) -> None:
        """Have others stay rather than these, which nobody is expected to ask for any more."""
        with self._changed:
            for key in keys:
                self._blocks.finish(key)

    @contextmanager
    def hold_blocks(self, keys: list[BlockKey], each_bytes: int) -> Iterator[list[BlockKey]]:
        """Have blocks stay that are there, or that somebody is reading, as far as there is room.

        Parameters
        ----------
        each_bytes
            Of a block.

        Yields
        ------
        list of keys
            Those that are not held.
        """
        with self._changed:
            there = [one for one in keys if one in self._blocks or one in self._pending]
            held = self._blocks.hold(there, each_bytes)
        try:
            yield [one for one in keys if one not in held]
        finally:
            with self._changed:
                self._blocks.let_go(held, each_bytes)

    def close(self) -> None:
        """Close all files and forget all blocks."""
        with self._changed:
            files = [one for idle in self._idle.values() for one in idle]
            self._idle.clear()
            self._blocks.clear()
        for one in files:
            one.close()

    def _read(self, mine: BlockKey, read: Callable[[BlockKey], Stored]) -> Stored:
        block = None
        try:
            block = read(mine)
        finally:
            with self._changed:
                self._pending.remove(mine)
                if block is not None:
                    self._blocks.put(mine, block)
                self._changed.notify_all()
        return block

    def _wait_for_any(self, missing: list[BlockKey]) -> None:
        self._changed.wait_for(lambda: not self._pending.issuperset(missing))

    def _shed_files(self) -> list[Dataset]:
        surplus = sum(map(len, self._idle.values())) - self._most_files
        shed: list[Dataset] = []
        while surplus > len(shed):
            address, idle = next(iter(self._idle.items()))
            if idle:
                shed.append(idle.pop())
            else:
                del self._idle[address]
        return shed


_CACHE: ContextVar[FileCache | None] = ContextVar("file_cache", default=None)


@contextmanager
def keep_files() -> Iterator[FileCache]:
    """Have all reads within, and in threads started in a copy of this context, share a cache."""
    cache = FileCache()
    token = _CACHE.set(cache)
    try:
        yield cache
    finally:
        _CACHE.reset(token)
        cache.close()


def get_file_cache() -> FileCache | None:
    """The cache of this context, if there is one."""
    return _CACHE.get()
