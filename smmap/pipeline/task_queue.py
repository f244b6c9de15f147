"""Hands out tasks, some at a time, and decides what becomes of those that go wrong."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from smmap.pipeline.crew import Crew, Outcome
from smmap.spec.errors import ArchiveError, ConfigError, ModelError, StoreError, TransientError
from smmap.spec.unit import Receipt, Task

logger = logging.getLogger(__name__)

RETRIES = 3
"""Further attempts at units that failed for a fault of the moment."""
FIRST_WAIT_S = 1.0
"""Before the first of them, at the end of the queue; doubled each time."""
DEATHS = 3
"""Workers that a task may lose before it is set aside: the first time others may be to blame, so
that it is tried again alone."""
_AHEAD = 2
"""Tasks handed out for each slot: one at work, one that waits there."""
_PATIENCE_S = 1.0
_ENDS_THE_RUN = (StoreError, ArchiveError, ModelError, ConfigError)
"""What one task meets, all others would meet too."""

Fail = Callable[[Task, str], list[Receipt]]
"""Records that a task's units failed, and why; their receipts."""


@dataclass(frozen=True)
class _Entry:
    """A task on its way."""

    task: Task
    tries: int = 0
    deaths: int = 0
    due: float = 0.0


class TaskQueue:
    """All tasks of a run, in order.

    Parameters
    ----------
    tasks
        With at least one unit each; ids are unique.
    crew
        Does them.
    fail
        Is called for a task that is given up.
    begin
        Is called for a task that is handed out.
    """

    def __init__(
        self, tasks: Iterable[Task], crew: Crew, fail: Fail, begin: Callable[[Task], None]
    ) -> None:
        self._crew = crew
        self._fail = fail
        self._begin = begin
        self._fresh = deque(_Entry(task) for task in tasks)
        self._later: list[_Entry] = []
        self._alone: deque[_Entry] = deque()
        self._out: dict[str, _Entry] = {}

    @property
    def in_flight(self) -> int:
        """Tasks that are handed out."""
        return len(self._out)

    def run(self) -> Iterator[tuple[Task, list[Receipt], bool]]:
        """Finished units as they come: a task, receipts, and whether the task is at its end.

        Raises
        ------
        SmmapError
            What would go wrong for every task; those that are out are left to the crew.
        """
        while self._fresh or self._later or self._alone or self._out:
            self._hand_out()
            if not self._out:
                time.sleep(max(0.0, self._later[0].due - time.monotonic()))
                continue
            for outcome in self._crew.wait(_PATIENCE_S):
                entry = self._out.pop(outcome.task.id)
                receipts, over = self._settle(entry, outcome)
                yield entry.task, receipts, over

    def _hand_out(self) -> None:
        room = _AHEAD * max(1, self._crew.slots) - len(self._out)
        while room > 0 and (entry := self._choose()) is not None:
            self._out[entry.task.id] = entry
            self._begin(entry.task)
            self._crew.submit(entry.task)
            room -= 1

    def _choose(self) -> _Entry | None:
        """Fresh tasks in order; then those that wait for a better moment; then suspects, alone."""
        if any(entry.deaths for entry in self._out.values()):
            return None
        if self._fresh:
            return self._fresh.popleft()
        if self._later and self._later[0].due <= time.monotonic():
            return self._later.pop(0)
        if self._alone and not self._later and not self._out:
            return self._alone.popleft()
        return None

    def _settle(self, entry: _Entry, outcome: Outcome) -> tuple[list[Receipt], bool]:
        """Receipts that are final, and whether the task is at its end."""
        task = entry.task
        if isinstance(outcome.error, _ENDS_THE_RUN):
            raise outcome.error
        if outcome.lost:
            return self._suspect(entry, outcome)
        if outcome.trace:
            logger.error("%s: unexpected error\n%s", task.id, outcome.trace)
            reason = f"unexpected error: {outcome.trace.strip().splitlines()[-1]}"
            return self._fail(task, reason), True
        if outcome.error is None:
            passing = {one.unit for one in outcome.receipts if one.passing}
            final = [one for one in outcome.receipts if one.unit not in passing]
            if not passing or entry.tries >= RETRIES:
                return list(outcome.receipts), True
            units = tuple(unit for unit in task.units if unit.id in passing)
            self._postpone(replace(entry, task=replace(task, units=units)))
            return final, False
        if isinstance(outcome.error, TransientError) and entry.tries < RETRIES:
            self._postpone(entry)
            return [], False
        return self._fail(task, str(outcome.error)), True

    def _postpone(self, entry: _Entry) -> None:
        wait_s = FIRST_WAIT_S * 2**entry.tries
        due = time.monotonic() + wait_s
        logger.info("%s: a passing fault; again in %.0f s", entry.task.id, wait_s)
        self._later.append(replace(entry, tries=entry.tries + 1, due=due))
        self._later.sort(key=lambda one: one.due)

    def _suspect(self, entry: _Entry, outcome: Outcome) -> tuple[list[Receipt], bool]:
        """A worker ended with this task: try it alone, and set it aside if that goes on."""
        task, deaths = entry.task, entry.deaths + outcome.deaths
        if deaths < DEATHS:
            logger.warning("%s: worker %s ended while it had this task", task.id, outcome.lost)
            self._alone.append(replace(entry, deaths=deaths))
            return [], False
        reason = (
            f"set aside: {deaths} workers ended while they had task {task.id}, which most often "
            "means too little memory; lower 'block', 'threads' or 'batch', or give workers more"
        )
        return self._fail(task, reason), True
