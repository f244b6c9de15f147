"""What a run tells of itself while it goes on."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from smmap.spec.unit import Receipt, Task


@dataclass(frozen=True)
class Headway:
    """How far a run has come."""

    tasks: int
    """Tasks that have something to do."""
    tasks_done: int
    """Of them, finished, whatever became of their units."""
    in_flight: int
    """Handed out and not finished."""
    units: int
    """Units that are to be mapped."""
    units_done: int
    """Of them, finished; failed ones too."""
    failed: int
    """Units that failed for good in this run."""
    pixels: float
    """Mapped, over all finished units."""
    bytes_read: int
    """Of source pixels as they are stored, uncompressed."""
    seconds: float
    """Since the first task was handed out."""
    dashboard: str | None = None
    """Address of the Dask dashboard, where there is one."""

    @property
    def pixels_a_second(self) -> float:
        """Since the first task was handed out."""
        return self.pixels / self.seconds if self.seconds else 0.0


class Progress(Protocol):
    """Is told how a run goes on; all calls come from the thread that runs it."""

    def start(self, units: int) -> None:
        """So many units will be mapped."""

    def finish(self, receipt: Receipt) -> None:
        """One of them is finished."""

    def advance(self, headway: Headway) -> None:
        """A task was handed out or has come back."""


class Tally:
    """Counts what comes back, and passes it on to a progress, if there is one.

    Parameters
    ----------
    tasks
        All that have something to do.
    progress
        Is told.
    """

    def __init__(self, tasks: Sequence[Task], progress: Progress | None) -> None:
        self._progress = progress
        self._tasks, self._units = len(tasks), sum(len(task.units) for task in tasks)
        self._tasks_done = self._units_done = self._failed = 0
        self._bytes_read = 0
        self._pixels = 0.0
        self._started = time.monotonic()
        if progress is not None:
            progress.start(self._units)

    def add(self, receipts: Iterable[Receipt], bytes_read: int, *, over: bool) -> None:
        """Units that are finished, what was read for them, and whether their task is at its end."""
        self._tasks_done += over
        self._bytes_read += bytes_read
        for receipt in receipts:
            self._units_done += 1
            self._failed += receipt.status == "failed"
            self._pixels += receipt.statistics.get("pixels", 0.0)
            if self._progress is not None:
                self._progress.finish(receipt)

    def tell(self, *, in_flight: int, dashboard: str | None) -> None:
        """Pass on how far the run has come, with so many tasks handed out."""
        if self._progress is not None:
            self._progress.advance(
                Headway(
                    tasks=self._tasks,
                    tasks_done=self._tasks_done,
                    in_flight=in_flight,
                    units=self._units,
                    units_done=self._units_done,
                    failed=self._failed,
                    pixels=self._pixels,
                    bytes_read=self._bytes_read,
                    seconds=time.monotonic() - self._started,
                    dashboard=dashboard,
                )
            )
