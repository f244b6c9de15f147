"""Reading, computing and writing at once: three groups of threads, bounded in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, TypeVar

Piece = TypeVar("Piece")


class Lanes:
    """Takes jobs, which may hand on further jobs, until all are done or one has failed.

    A job of ``read`` holds what it has read until ``compute`` takes it, which waits while as many
    are computed as there are threads: so no more is in memory. What is computed is so in pieces,
    which all threads share: none is idle while there is a piece left. Jobs of ``compute`` and
    ``write`` never wait for others: whatever fails, all threads come to their end.

    Parameters
    ----------
    threads
        Of each group.
    """

    def __init__(self, threads: int) -> None:
        self._readers = ThreadPoolExecutor(threads, "read")
        self._computers = ThreadPoolExecutor(threads, "compute")
        self._writers = ThreadPoolExecutor(threads, "write")
        self._room = threading.Semaphore(threads)
        self._changed = threading.Condition()
        self._open = 0
        self._error: BaseException | None = None
        self._stopped = False

    def read(self, work: Callable[..., None], *arguments: Any) -> None:
        """Have something read."""
        self._submit(self._readers, work, arguments)

    def compute(self, work: Callable[[Piece], None], pieces: Sequence[Piece]) -> None:
        """Have the pieces of something computed; returns when there is room. For jobs of ``read``.

        Parameters
        ----------
        work
            What is done to each piece.
        pieces
            One or more, of which several may be at work at once.
        """
        self._room.acquire()
        left = len(pieces)

        def settle(_: object) -> None:
            nonlocal left
            with self._changed:
                left -= 1
                if not left:
                    self._room.release()

        for piece in pieces:
            job = self._submit(self._computers, work, (piece,))
            if job is None:
                settle(job)
            else:
                job.add_done_callback(settle)

    def write(self, work: Callable[..., None], *arguments: Any) -> None:
        """Have something written."""
        self._submit(self._writers, work, arguments)

    @property
    def stopped(self) -> bool:
        """True: nothing more is taken; jobs that last long should ask now and then."""
        return self._stopped

    def wait(self) -> None:
        """Return when no job is left; the first error of any job comes through at once."""
        with self._changed:
            self._changed.wait_for(lambda: self._open == 0 or self._error is not None)
            if self._error is not None:
                raise self._error

    def stop(self) -> None:
        """Drop what has not begun, and wait for the end of what has."""
        with self._changed:
            self._stopped = True
        for pool in (self._readers, self._computers, self._writers):
            pool.shutdown(wait=False, cancel_futures=True)
        for pool in (self._readers, self._computers, self._writers):
            pool.shutdown()
        self._error = None  # its traceback holds pixels

    def _submit(
        self, pool: ThreadPoolExecutor, work: Callable[..., None], arguments: tuple[Any, ...]
    ) -> Future[None] | None:
        """The job, or None once stopped: whoever hands it on is about to end."""
        with self._changed:
            if self._stopped:
                return None
            self._open += 1
            # A copy of the context each: log lines of a thread bear the task's id.
            job = pool.submit(copy_context().run, work, *arguments)
        job.add_done_callback(self._settle)
        return job

    def _settle(self, job: Future[None]) -> None:
        with self._changed:
            self._open -= 1
            if not job.cancelled() and self._error is None:
                self._error = job.exception()
            self._changed.notify_all()


@contextmanager
def open_lanes(threads: int) -> Iterator[Lanes]:
    """Lanes that are empty in the end, whatever happens."""
    lanes = Lanes(threads)
    try:
        yield lanes
        lanes.wait()
    finally:
        lanes.stop()
