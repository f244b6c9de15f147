"""Fetches what will be read of remote files while what came before is unpacked and aligned.

Pixels do not hang on it: what was not fetched ahead is fetched when it is read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TypeAlias

from smmap.spec.band import Band
from smmap.spec.tile import Block
from smmap.stack.coming import find_beside
from smmap.stack.file_cache import get_file_cache
from smmap.stack.holding import Holding, name_read
from smmap.stack.next_block import find_early, take_early
from smmap.stack.room import Room
from smmap.store.dataset import is_remote

_Read: TypeAlias = tuple[Band, Block]

_AHEAD_OF_EACH = 8
"""Files that are fetched ahead of each reading thread."""
_ROOM = Room(64 * 2**20)
"""Compressed bytes that wait to be read, of all threads of the process."""


class ReadAhead:
    """What will be read, in that order; of one reading thread.

    Parameters
    ----------
    reads
        Bands of remote rasters, each with the block that it will be read onto.
    """

    def __init__(self, reads: Iterable[_Read]) -> None:
        self._coming = deque({name_read(*one): one for one in reads}.items())
        self._held: dict[Hashable, Holding] = {}
        for _ in range(_AHEAD_OF_EACH):
            self._fetch()

    def take(self, band: Band, block: Block) -> AbstractContextManager[object]:
        """What was fetched of it, as of `Holding.take`."""
        holding = self._held.pop(name_read(band, block), None)
        if holding is None:
            return nullcontext()
        self._fetch()
        return holding.take()

    def drop(self) -> None:
        """Give up what nobody took."""
        self._coming.clear()
        for holding in self._held.values():
            holding.drop()

    def _fetch(self) -> None:
        if self._coming:
            name, (band, block) = self._coming.popleft()
            self._held[name] = Holding(band, block, _ROOM, find_beside(block))


_AHEAD: ContextVar[ReadAhead | None] = ContextVar("read_ahead", default=None)


@contextmanager
def read_ahead(reads: Iterable[_Read]) -> Iterator[None]:
    """Have what this thread will read within fetched before it comes to it.

    Only where files are kept open (`keep_files`), and only of several remote rasters.

    Parameters
    ----------
    reads
        Bands and blocks as they will be given to `load_band`, in that order. What is not read
        after all has been fetched in vain; what is read besides is read as ever.
    """
    remote = [one for one in reads if one[0].reader == "raster" and is_remote(one[0].href)]
    if get_file_cache() is None or len(remote) < 2:
        yield
        return
    ahead = ReadAhead(one for one in remote if not find_early(*one))
    token = _AHEAD.set(ahead)
    try:
        yield
    finally:
        _AHEAD.reset(token)
        ahead.drop()


def take_ahead(band: Band, block: Block) -> AbstractContextManager[object]:
    """What has been fetched of a band, within `read_ahead` or since the block before."""
    early, ahead = take_early(band, block), _AHEAD.get()
    if early is not None and not early.empty:
        return early.take()
    return nullcontext() if ahead is None else ahead.take(band, block)
