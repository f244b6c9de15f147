"""A long period, span by span, within a budget; what is done is known from the output alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from smmap.pipeline.plan import Plan, plan_run
from smmap.pipeline.progress import Headway, Progress
from smmap.pipeline.run import RunResult, run_plan
from smmap.pipeline.standing import judge_plan
from smmap.spec.errors import ConfigError, EmptySearchError
from smmap.spec.period import Period
from smmap.spec.recipe import Recipe
from smmap.spec.unit import Receipt


@dataclass(frozen=True)
class Budget:
    """When a backfill ends before its period does."""

    seconds: float | None = None
    """Of time; None: as long as it takes."""
    tasks: int | None = None
    """Tasks with something to do; None: all."""


@dataclass(frozen=True)
class SpanResult:
    """What a backfill did about one span."""

    span: Period
    """The span."""
    result: RunResult | None
    """None where the catalogue has nothing, or where time ran out within the span."""
    is_finished: bool
    """False: the budget was spent before all of the span was mapped."""


class _OutOfTime(Exception):  # noqa: N818 (nothing went wrong)
    """The budget is spent: the run stops as it does for a signal."""


def backfill(
    recipe: Recipe,
    out: str | Path,
    *,
    span: timedelta = timedelta(days=30),
    newest_first: bool = True,
    budget: Budget | None = None,
    progress: Progress | None = None,
) -> Iterator[SpanResult]:
    """Map a recipe's period span by span.

    Stopped at any moment and started again, it goes on where the output ends: a span that is done
    is planned and nothing of it is run.

    Parameters
    ----------
    recipe
        With a period.
    out
        Output folder.
    span
        Length of a span; all but the last of the period have it, whatever the order.
    newest_first
        Whether the latest span comes first.
    budget
        Where to stop.
    progress
        As of ``run``.

    Yields
    ------
    SpanResult
        One a span, as far as the budget goes.

    Raises
    ------
    ConfigError
        If the recipe has no period.
    """
    budget = budget or Budget()
    ends = None if budget.seconds is None else time.monotonic() + budget.seconds
    left = budget.tasks
    for one in cut_period(recipe, span, newest_first=newest_first):
        if left == 0 or (ends is not None and time.monotonic() >= ends):
            return
        try:
            plan = plan_run(recipe.model_copy(update={"period": str(one)}))
        except EmptySearchError:
            yield SpanResult(one, None, is_finished=True)
            continue
        chosen = _keep_unfinished(plan, out)
        count = len(chosen.tasks)
        if left is not None:
            chosen = replace(chosen, tasks=chosen.tasks[:left])
            left -= len(chosen.tasks)
        try:
            result = run_plan(chosen, out, _Deadline(progress, ends))
        except _OutOfTime:
            yield SpanResult(one, None, is_finished=False)
            return
        yield SpanResult(one, result, is_finished=len(chosen.tasks) == count)


def cut_period(recipe: Recipe, span: timedelta, *, newest_first: bool) -> list[Period]:
    """Spans of a recipe's period, counted from its beginning whatever their order."""
    if recipe.period is None or ".." in recipe.period:
        raise ConfigError("a backfill needs a period with both ends: give --period A/B")
    if span <= timedelta(0):
        raise ConfigError(f"a span of {span} is none; choose one like 30d")
    whole = Period.parse(recipe.period)
    spans, start = [], whole.start
    while start < whole.end:
        end = min(start + span, whole.end)
        spans.append(Period(start, end))
        start = end
    return spans[::-1] if newest_first else spans


def _keep_unfinished(plan: Plan, out: str | Path) -> Plan:
    """The plan without tasks of which every unit is done."""
    open_units = {one.unit.id for one in judge_plan(plan, out) if one.state != "done"}
    tasks = [task for task in plan.tasks if any(unit.id in open_units for unit in task.units)]
    return replace(plan, tasks=tuple(tasks))


class _Deadline:
    """Passes progress on, and stops the run when time is up."""

    def __init__(self, progress: Progress | None, ends: float | None) -> None:
        self._progress = progress
        self._ends = ends

    def start(self, units: int) -> None:
        """So many units will be mapped."""
        if self._progress is not None:
            self._progress.start(units)

    def finish(self, receipt: Receipt) -> None:
        """One of them is finished."""
        if self._progress is not None:
            self._progress.finish(receipt)

    def advance(self, headway: Headway) -> None:
        """A task was handed out or has come back."""
        if self._progress is not None:
            self._progress.advance(headway)
        unfinished = headway.tasks_done < headway.tasks
        if unfinished and self._ends is not None and time.monotonic() >= self._ends:
            raise _OutOfTime
