"""Fetches what will be read of remote files while what came before is unpacked and aligned.

Its threads wait for servers, and do hardly anything else: they are none of those that a run is
given for its work. Pixels do not hang on it: what was not fetched ahead is fetched when it is read.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from contextvars import ContextVar, copy_context
from functools import lru_cache
from typing import TypeAlias

from smmap.spec.band import Band
from smmap.spec.tile import Block
from smmap.stack.file_cache import get_file_cache
from smmap.stack.raster import hold_raster
from smmap.stack.room import Room
from smmap.store.dataset import is_remote

_Read: TypeAlias = tuple[Band, Block]

_AHEAD_OF_EACH = 8
"""Files that are fetched ahead of each reading thread."""
_THREADS = 16
"""Of a process, which fetch for all that read. They stay: a thread that opens its first file reads
PROJ's database, which takes more time than a file."""
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
        self._coming = deque(dict.fromkeys(reads))
        self._pool = _open_pool(os.getpid())
        self._jobs: dict[_Read, Future[ExitStack]] = {}
        for _ in range(_AHEAD_OF_EACH):
            self._submit()

    def take(self, band: Band, block: Block) -> AbstractContextManager[object]:
        """What was fetched of it, at hand until that is closed; errors as of `load_raster`."""
        job = self._jobs.pop((band, block), None)
        if job is None:
            return nullcontext()
        self._submit()
        return nullcontext() if job.cancel() else job.result()

    def drop(self) -> None:
        """Give up what nobody took."""
        self._coming.clear()
        for job in self._jobs.values():
            if not job.cancel() and job.exception() is None:
                job.result().close()

    def _submit(self) -> None:
        if self._coming:
            band, block = read = self._coming.popleft()
            job = self._pool.submit(copy_context().run, hold_raster, band, block, _ROOM)
            self._jobs[read] = job


@lru_cache(maxsize=1)
def _open_pool(process: int) -> ThreadPoolExecutor:
    """Of that process: threads do not come along with a fork."""
    return ThreadPoolExecutor(_THREADS, f"ahead-{process}")


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
    ahead = ReadAhead(remote)
    token = _AHEAD.set(ahead)
    try:
        yield
    finally:
        _AHEAD.reset(token)
        ahead.drop()


def take_ahead(band: Band, block: Block) -> AbstractContextManager[object]:
    """What `read_ahead` has fetched of a band, as of `ReadAhead.take`."""
    ahead = _AHEAD.get()
    return nullcontext() if ahead is None else ahead.take(band, block)
