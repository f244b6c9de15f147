"""What of a remote file is fetched for those who will read it, by threads that wait for servers.

They do hardly anything else, and are none of those that a run is given for its work.
"""

from __future__ import annotations

import os
from collections.abc import Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, nullcontext
from contextvars import copy_context
from functools import lru_cache

from smmap.spec.band import Band
from smmap.spec.tile import Block
from smmap.stack.raster import hold_raster
from smmap.stack.room import Room

_THREADS = 16
"""Of a process, which fetch for all that read. They stay: a thread that opens its first file reads
PROJ's database, which takes more time than a file."""


_PATIENCE_S = 0.05
"""What has not begun for so long is fetched by who reads it: it waits behind many others."""


class Holding:
    """One band's bytes for one block, on their way or at hand.

    Parameters
    ----------
    room, beside
        As of `hold_raster`.
    """

    def __init__(self, band: Band, block: Block, room: Room, beside: Block | None = None) -> None:
        pool = _open_pool(os.getpid())
        self._job: Future[ExitStack | None] = pool.submit(
            copy_context().run, hold_raster, band, block, room, beside
        )

    @property
    def empty(self) -> bool:
        """True: there was no room for the bytes."""
        return self._job.done() and self._job.exception() is None and self._job.result() is None

    def take(self) -> AbstractContextManager[object]:
        """The bytes at hand until that is closed, or nothing; errors as of `load_raster`."""
        wait([self._job], _PATIENCE_S)
        return nullcontext() if self._job.cancel() else self._job.result() or nullcontext()

    def drop(self) -> None:
        """Give it up."""
        if not self._job.cancel() and self._job.exception() is None:
            (self._job.result() or nullcontext()).__exit__(None, None, None)


def name_read(band: Band, block: Block) -> Hashable:
    """Tells one band on one block from any other of a task."""
    # Not the block itself: to hash its coordinate system is to write it out.
    return band.href, band.index, block.geobox.affine, block.row, block.col, *block.shape


@lru_cache(maxsize=1)
def _open_pool(process: int) -> ThreadPoolExecutor:
    """Of that process: threads do not come along with a fork."""
    return ThreadPoolExecutor(_THREADS, f"ahead-{process}")
