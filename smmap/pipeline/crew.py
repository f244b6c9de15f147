"""Who does the tasks of a run: here, this process; see `dask_crew` for many."""

from __future__ import annotations

import traceback
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from smmap.pipeline.failure import find_receipt
from smmap.pipeline.run_state import RunState
from smmap.pipeline.stages import run_task
from smmap.pipeline.task_log import log_as
from smmap.pipeline.unfinished import keep_unfinished
from smmap.spec.errors import SmmapError
from smmap.spec.unit import Receipt, Task


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt at a task: receipts, an error, a trace or a lost worker."""

    task: Task
    """As it was handed out."""
    receipts: tuple[Receipt, ...] = ()
    """Of all its units, where it came to its end."""
    error: SmmapError | None = None
    """One of ours, which broke it off."""
    trace: str = ""
    """Of an exception that nobody foresaw."""
    lost: str = ""
    """The worker that ended while it had the task, whatever it ended for."""
    deaths: int = 0
    """How many workers ended with it in this attempt."""


class Crew(Protocol):
    """Takes tasks and gives outcomes, in any order."""

    @property
    def slots(self) -> int:
        """Tasks that it can work on at once."""

    @property
    def dashboard(self) -> str | None:
        """Address where it can be watched, if there is one."""

    def submit(self, task: Task) -> None:
        """Hand a task over."""

    def wait(self, seconds: float) -> list[Outcome]:
        """Outcomes that are there, after waiting so long for the first.

        Raises
        ------
        TransientError
            If the crew itself is gone.
        """


class SoloCrew:
    """Does tasks in this process, one after the other."""

    slots = 1
    dashboard = None

    def __init__(self, state: RunState) -> None:
        self._state = state
        self._waiting: deque[Task] = deque()

    def submit(self, task: Task) -> None:
        """Put the task at the end."""
        self._waiting.append(task)

    def wait(self, seconds: float) -> list[Outcome]:  # noqa: ARG002 (it works instead)
        """Do the next task, now."""
        return [attempt(self._waiting.popleft(), self._state)] if self._waiting else []


def attempt(task: Task, state: RunState) -> Outcome:
    """Do a task; whatever goes wrong in it is its outcome."""
    try:
        with log_as(task.id):
            return Outcome(task, receipts=tuple(_run_rest(task, state)))
    except SmmapError as error:
        return Outcome(task, error=error)
    except Exception:  # noqa: BLE001 (a fault of one task must not end the others)
        return Outcome(task, trace=traceback.format_exc())


def _run_rest(task: Task, state: RunState) -> list[Receipt]:
    """Map what nobody has committed since it was planned: a rival, or a worker that was killed."""
    if state.force:
        return run_task(task, state)
    rest = keep_unfinished(task, state)
    left = {unit.id for unit in rest.units}
    there = [find_receipt(unit, state) for unit in task.units if unit.id not in left]
    return there + (run_task(rest, state) if left else [])
