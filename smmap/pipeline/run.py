"""Runs a plan: only what is not committed yet, task by task, then the indexes and the report."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from smmap.archive.indexes import publish_root, publish_tile
from smmap.archive.ledger import read_committed
from smmap.model.package import load_applicability, load_model
from smmap.pipeline.model_record import record_model
from smmap.pipeline.plan import Plan, plan_run
from smmap.pipeline.recipe import load_recipe
from smmap.pipeline.run_state import RunState
from smmap.pipeline.stages import run_task
from smmap.product.layout import LAYOUT
from smmap.report.run_report import write_run_report
from smmap.spec.recipe import Recipe
from smmap.spec.unit import Receipt, Task, Unit
from smmap.store.staging import open_staging

logger = logging.getLogger(__name__)


class Progress(Protocol):
    """Is told how a run goes on."""

    def start(self, units: int) -> None:
        """So many units will be mapped."""

    def finish(self, receipt: Receipt) -> None:
        """One of them is finished."""


@dataclass(frozen=True)
class RunResult:
    """What a run did."""

    out: Path
    """The output folder."""
    receipts: tuple[Receipt, ...]
    """Of the units of this run, by tile and time."""
    kept: int
    """Units that were committed before and are still up to date."""
    seconds: float
    """How long it took."""

    def count(self, status: str) -> int:
        """Units of this run with that status."""
        return sum(receipt.status == status for receipt in self.receipts)


def run(
    recipe: str | Path | Recipe,
    out: str | Path,
    *,
    changes: Iterable[str] = (),
    period: str | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Map what a recipe asks for into the folder ``out``; what is there already stays.

    Parameters
    ----------
    recipe
        A packaged name, a file, or a validated recipe.
    out
        Output folder; made if it is not there.
    changes, period, bbox
        As on the command line: ``KEY=VALUE``, ``A/B``, and west, south, east, north.
    progress
        Is told of every unit.

    Raises
    ------
    SmmapError
        One clear error; what was committed before it stays whole.
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe, changes, period=period, bbox=bbox)
    return run_plan(plan_run(recipe), Path(out), progress)


def run_plan(plan: Plan, out: Path, progress: Progress | None = None) -> RunResult:
    """Carry out a plan."""
    started = time.monotonic()
    context = plan.context
    with open_staging(out / LAYOUT.staging) as staging:
        model = load_model(context.package, context.recipe.device)
        state = RunState(context, model, load_applicability(context.package), out, staging)
        record_model(state)
        tasks = [replace(task, units=_find_unfinished(task, out)) for task in plan.tasks]
        unfinished = sum(len(task.units) for task in tasks)
        if progress is not None:
            progress.start(unfinished)
        receipts: list[Receipt] = []
        for task in tasks:
            receipts += _run_and_publish(task, state, progress)
        publish_root(out)
        result = RunResult(
            out, tuple(receipts), len(plan.units) - unfinished, time.monotonic() - started
        )
        write_run_report(out, receipts, title=context.recipe.title or context.recipe.name)
    return result


def _run_and_publish(task: Task, state: RunState, progress: Progress | None) -> list[Receipt]:
    receipts: list[Receipt] = []
    if task.units:
        for receipt in run_task(task, state):
            receipts.append(receipt)
            if progress is not None:
                progress.finish(receipt)
    depth = state.card.output.depth if state.recipe.outputs.cube else None
    publish_tile(state.root, task.tile, depth_m=depth, staging=state.staging)
    return receipts


def _find_unfinished(task: Task, out: Path) -> tuple[Unit, ...]:
    """Units whose item is not there, or was made from something else."""

    def is_unfinished(unit: Unit) -> bool:
        there = read_committed(out, LAYOUT.item(unit))
        return there is None or there.fingerprint != unit.fingerprint

    return tuple(unit for unit in task.units if is_unfinished(unit))
