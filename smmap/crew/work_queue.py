"""Hands out pieces of work, some at a time, and decides what becomes of those that go wrong."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, cast

from smmap.crew.crew import Crew
from smmap.crew.job import Outcome, P, R
from smmap.spec.errors import (
    ArchiveError,
    ConfigError,
    ModelError,
    SmmapError,
    StoreError,
    TransientError,
)

logger = logging.getLogger(__name__)

RETRIES = 3
"""Further attempts at what failed for a fault of the moment."""
FIRST_WAIT_S = 1.0
"""Before the first of them, at the end of the queue; doubled each time."""
DEATHS = 3
"""Workers that a piece may lose before it is set aside: the first time others may be to blame, so
that it is tried again alone."""
_AHEAD = 2
"""Pieces handed out for each slot: one at work, one that waits there."""
_PATIENCE_S = 1.0
ENDS_THE_RUN = (StoreError, ArchiveError, ModelError, ConfigError)
"""What one piece meets, all others would meet too."""


@dataclass(frozen=True)
class _Entry(Generic[P]):
    """A piece on its way."""

    piece: P
    tries: int = 0
    deaths: int = 0
    due: float = 0.0


class WorkQueue(Generic[P, R]):
    """All pieces of a run, in order.

    Parameters
    ----------
    pieces
        Their ids are unique.
    crew
        Does them.
    fail
        Is called for a piece that is given up, with the reason; what it leaves.
    find_rest
        What of a piece with that result should be tried again in a while; None: nothing.
    begin
        Is called for a piece that is handed out.
    ends_the_run
        Errors of a piece after which no other is begun.
    """

    def __init__(
        self,
        pieces: Iterable[P],
        crew: Crew[P, R],
        fail: Callable[[P, str], R],
        *,
        find_rest: Callable[[P, R], P | None] = lambda _piece, _result: None,
        begin: Callable[[P], None] = lambda _piece: None,
        ends_the_run: tuple[type[SmmapError], ...] = ENDS_THE_RUN,
    ) -> None:
        self._crew = crew
        self._fail = fail
        self._find_rest = find_rest
        self._begin = begin
        self._ends_the_run = ends_the_run
        self._fresh = deque(_Entry(piece) for piece in pieces)
        self._later: list[_Entry[P]] = []
        self._alone: deque[_Entry[P]] = deque()
        self._out: dict[str, _Entry[P]] = {}

    @property
    def in_flight(self) -> int:
        """Pieces that are handed out."""
        return len(self._out)

    def add_next(self, piece: P) -> None:
        """One more, before all that are not handed out yet; also while `run` goes on."""
        self._fresh.appendleft(_Entry(piece))

    def run(self) -> Iterator[tuple[P, R, bool]]:
        """Results as they come: the piece, what it left, and whether it is at its end.

        A piece is not at its end if a rest of it will be tried again.

        Raises
        ------
        SmmapError
            What would go wrong for every piece; those that are out are left to the crew.
        """
        while self._fresh or self._later or self._alone or self._out:
            self._hand_out()
            if not self._out:
                time.sleep(max(0.0, self._later[0].due - time.monotonic()))
                continue
            for outcome in self._crew.wait(_PATIENCE_S):
                entry = self._out.pop(outcome.piece.id)
                settled = self._settle(entry, outcome)
                if settled is not None:
                    yield entry.piece, *settled

    def _hand_out(self) -> None:
        room = _AHEAD * max(1, self._crew.slots) - len(self._out)
        while room > 0 and (entry := self._choose()) is not None:
            self._out[entry.piece.id] = entry
            self._begin(entry.piece)
            self._crew.submit(entry.piece)
            room -= 1

    def _choose(self) -> _Entry[P] | None:
        """Fresh pieces in order; then those that wait for a better moment; then suspects, alone."""
        if any(entry.deaths for entry in self._out.values()):
            return None
        if self._fresh:
            return self._fresh.popleft()
        if self._later and self._later[0].due <= time.monotonic():
            return self._later.pop(0)
        if self._alone and not self._later and not self._out:
            return self._alone.popleft()
        return None

    def _settle(self, entry: _Entry[P], outcome: Outcome[P, R]) -> tuple[R, bool] | None:
        """What is known for good, and whether the piece is at its end; None: nothing yet."""
        piece, error = entry.piece, outcome.error
        if isinstance(error, self._ends_the_run):
            raise error
        if outcome.lost:
            return self._suspect(entry, outcome)
        if outcome.trace:
            logger.error("%s: unexpected error\n%s", piece.id, outcome.trace)
            reason = f"unexpected error: {outcome.trace.strip().splitlines()[-1]}"
            return self._fail(piece, reason), True
        if error is not None:
            if isinstance(error, TransientError) and entry.tries < RETRIES:
                self._postpone(entry)
                return None
            return self._fail(piece, str(error)), True
        result = cast("R", outcome.result)
        rest = self._find_rest(piece, result) if entry.tries < RETRIES else None
        if rest is not None:
            self._postpone(replace(entry, piece=rest))
        return result, rest is None

    def _postpone(self, entry: _Entry[P]) -> None:
        wait_s = FIRST_WAIT_S * 2**entry.tries
        due = time.monotonic() + wait_s
        logger.info("%s: a passing fault; again in %.0f s", entry.piece.id, wait_s)
        self._later.append(replace(entry, tries=entry.tries + 1, due=due))
        self._later.sort(key=lambda one: one.due)

    def _suspect(self, entry: _Entry[P], outcome: Outcome[P, R]) -> tuple[R, bool] | None:
        """A worker ended with this piece: try it alone, and set it aside if that goes on."""
        piece, deaths = entry.piece, entry.deaths + outcome.deaths
        if deaths < DEATHS:
            logger.warning("%s: worker %s ended while it had this task", piece.id, outcome.lost)
            self._alone.append(replace(entry, deaths=deaths))
            return None
        reason = (
            f"set aside: {deaths} workers ended while they had task {piece.id}, which most often "
            "means too little memory; lower 'block', 'threads' or 'batch', or give workers more"
        )
        return self._fail(piece, reason), True
