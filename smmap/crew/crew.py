"""Takes pieces of work and gives outcomes; in this process, see `dask_crew` for many."""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Protocol

from smmap.crew.job import Outcome, P, R
from smmap.crew.work_log import log_as
from smmap.spec.errors import SmmapError


class Crew(Protocol[P, R]):
    """Takes pieces and gives outcomes, in any order."""

    @property
    def slots(self) -> int:
        """Pieces that it can work on at once."""
        ...

    @property
    def dashboard(self) -> str | None:
        """Address where it can be watched, if there is one."""
        ...

    def submit(self, piece: P) -> None:
        """Hand a piece over."""
        ...

    def wait(self, seconds: float) -> list[Outcome[P, R]]:
        """Outcomes that are there, after waiting so long for the first.

        Raises
        ------
        TransientError
            If the crew itself is gone.
        """
        ...


class SoloCrew(Crew[P, R]):
    """Does pieces in this process, one after the other."""

    def __init__(self, work: Callable[[P], R]) -> None:
        self._work = work
        self._waiting: deque[P] = deque()

    @property
    def slots(self) -> int:
        """One."""
        return 1

    @property
    def dashboard(self) -> None:
        """There is none."""
        return

    def submit(self, piece: P) -> None:
        """Put the piece at the end."""
        self._waiting.append(piece)

    def wait(self, seconds: float) -> list[Outcome[P, R]]:  # noqa: ARG002 (it works instead)
        """Do the next piece, now."""
        return [attempt(self._waiting.popleft(), self._work)] if self._waiting else []


class ThreadCrew(Crew[P, R]):
    """Does pieces in threads of this process; close it in the end."""

    def __init__(self, work: Callable[[P], R], threads: int) -> None:
        self._work = work
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, "piece")
        self._out: set[Future[Outcome[P, R]]] = set()

    @property
    def slots(self) -> int:
        """Its threads."""
        return self._threads

    @property
    def dashboard(self) -> None:
        """There is none."""
        return

    def submit(self, piece: P) -> None:
        """Put the piece at the end."""
        self._out.add(self._pool.submit(copy_context().run, attempt, piece, self._work))

    def wait(self, seconds: float) -> list[Outcome[P, R]]:
        """What has been done; see `Crew`."""
        done, self._out = wait(self._out, timeout=seconds, return_when=FIRST_COMPLETED)
        return [one.result() for one in done]

    def close(self) -> None:
        """Drop what has not begun, and wait for what has."""
        self._pool.shutdown(cancel_futures=True)


def attempt(piece: P, work: Callable[[P], R]) -> Outcome[P, R]:
    """Do a piece; whatever goes wrong in it is its outcome."""
    try:
        with log_as(piece.id):
            return Outcome(piece, result=work(piece))
    except SmmapError as error:
        return Outcome(piece, error=error)
    except Exception:  # noqa: BLE001 (a fault of one piece must not end the others)
        return Outcome(piece, trace=traceback.format_exc())
