"""One at a time: an exclusive lock on a file, held by a process until it ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from smmap.store.atomic import report_store_errors


@contextmanager
def hold_lock(path: Path) -> Iterator[IO[bytes]]:
    """Wait for the lock file ``path`` and hold it; the system frees it if the process dies.

    A process that is given the open file holds it, too.
    """
    with report_store_errors(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    with file:
        with report_store_errors(str(path)):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def try_lock(path: Path) -> IO[bytes] | None:
    """The open, locked file, or None if another process holds it. Close it to free it.

    Raises
    ------
    StoreError
        If the file cannot be made.
    """
    with report_store_errors(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
