"""Runs a plan: only what is not committed yet, task by task, then the indexes and the report."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Protocol

import numpy as np

from smmap.archive.indexes import check_output, publish_root, publish_tile
from smmap.archive.ledger import read_committed
from smmap.model.package import load_applicability, load_model
from smmap.pipeline.commit import list_files
from smmap.pipeline.model_record import record_model
from smmap.pipeline.plan import Plan, plan_run
from smmap.pipeline.recipe import load_recipe
from smmap.pipeline.run_state import RunState
from smmap.pipeline.stages import run_task
from smmap.pipeline.task_log import log_as
from smmap.product.layout import LAYOUT
from smmap.report.run_report import write_run_report
from smmap.spec.errors import SmmapError, StoreError
from smmap.spec.recipe import Recipe
from smmap.spec.unit import Receipt, Task, Unit
from smmap.store.open import open_output_store

logger = logging.getLogger(__name__)

_ASSETS = {"cog": "sm", "cube": "slice", "quicklook": "thumbnail"}
"""Kind of file -> the asset by which an item shows that it has it."""


class Progress(Protocol):
    """Is told how a run goes on."""

    def start(self, units: int) -> None:
        """So many units will be mapped."""

    def finish(self, receipt: Receipt) -> None:
        """One of them is finished."""


@dataclass(frozen=True)
class RunResult:
    """What a run did."""

    out: str
    """Address of the output."""
    receipts: tuple[Receipt, ...]
    """Of the units of this run, by tile and time."""
    kept: int
    """Units that were committed before and are still up to date."""
    empty_tiles: tuple[str, ...]
    """Tiles of the area without an overpass in the period."""
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
    force: bool = False,
) -> RunResult:
    """Map what a recipe asks for into the output ``out``; what is there already stays.

    Parameters
    ----------
    recipe
        A packaged name, a file, or a validated recipe.
    out
        A folder, made if it is not there, or the URL of an object store's prefix (``s3://...``).
    changes, period, bbox
        As on the command line: ``KEY=VALUE``, ``A/B``, and west, south, east, north.
    progress
        Is told of every unit.
    force
        Map again what is committed and up to date, for example after files were changed behind
        unchanged items.

    Raises
    ------
    SmmapError
        One clear error; what was committed before it stays whole.
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe, changes, period=period, bbox=bbox)
    return run_plan(plan_run(recipe), out, progress, force=force)


def run_plan(
    plan: Plan, out: str | Path, progress: Progress | None = None, *, force: bool = False
) -> RunResult:
    """Carry out a plan; arguments as of ``run``."""
    started = time.monotonic()
    context = plan.context
    store = open_output_store(out)
    check_output(store, plan.found.tiles)
    with store.open_staging() as staging:
        model = load_model(context.package, context.recipe.device)
        state = RunState(context, model, load_applicability(context.package), store, staging, force)
        record_model(state)
        tasks = [task if force else _keep_unfinished(task, state) for task in plan.tasks]
        _check_disk(tasks, state)
        unfinished = sum(len(task.units) for task in tasks)
        if progress is not None:
            progress.start(unfinished)
        receipts: list[Receipt] = []
        with _even_if_broken_off(lambda: publish_root(store, staging)):
            for _, of_tile in groupby(tasks, key=lambda task: task.tile.id):
                receipts += _run_tile(list(of_tile), state, progress)
        result = RunResult(
            store.address,
            tuple(receipts),
            len(plan.units) - unfinished,
            plan.empty_tiles,
            time.monotonic() - started,
        )
        title = context.recipe.title or context.recipe.name
        write_run_report(
            store,
            receipts,
            staging=staging,
            title=title,
            empty_tiles=plan.empty_tiles,
            left_out=plan.found.left_out,
        )
    return result


def _run_tile(tasks: list[Task], state: RunState, progress: Progress | None) -> list[Receipt]:
    """Map a tile's tasks, then publish what is committed of it."""
    receipts: list[Receipt] = []

    def publish() -> None:
        depth_m = state.card.output.depth
        publish_tile(state.store, tasks[0].tile, depth_m=depth_m, staging=state.staging)

    with _even_if_broken_off(publish):
        for task in tasks:
            with log_as(task.id):
                for receipt in run_task(task, state) if task.units else ():
                    receipts.append(receipt)
                    if progress is not None:
                        progress.finish(receipt)
    return receipts


@contextmanager
def _even_if_broken_off(publish: Callable[[], None]) -> Iterator[None]:
    """Publish at the end; after an error too, as far as that goes, and then pass the error on."""
    try:
        yield
    except BaseException:
        with suppress(SmmapError):
            publish()
        raise
    publish()


def _check_disk(tasks: list[Task], state: RunState) -> None:
    """Refuse at once what cannot fit: the pixels that a task stages before it commits them."""
    a_pixel = sum(np.dtype(layer.dtype).itemsize for layer in state.staged_layers)
    needed = max(
        (sum(unit.area.height * unit.area.width for unit in task.units) for task in tasks),
        default=0,
    )
    free = shutil.disk_usage(state.staging).free
    if needed * a_pixel > free:
        raise StoreError(
            f"{state.staging}: a task stages {needed * a_pixel / 1e9:.1f} GB, but only "
            f"{free / 1e9:.1f} GB are free; free space, or lower the recipe's 'batch' or its area"
        )


def _keep_unfinished(task: Task, state: RunState) -> Task:
    """The task without the units that are committed and up to date."""
    units = (_find_unfinished(unit, state) for unit in task.units)
    return replace(task, units=tuple(unit for unit in units if unit is not None))


def _find_unfinished(unit: Unit, state: RunState) -> Unit | None:
    """None if the unit is committed and up to date, else the unit with what is to be mapped.

    It is not, if it was made from something else, covers less, lacks a kind of file that is
    wanted, or was made without a scene that could not be used. Maps never shrink: what is there
    of the tile is mapped again together with what is wanted.
    """
    there = read_committed(state.store, LAYOUT.item(unit))
    if there is None:
        return unit
    covered = there.get_area(unit.tile)
    area = covered.hull(unit.area)
    assets = there.document["assets"]
    wanted = [_ASSETS[name] for name in list_files(state.recipe.outputs)]
    complete = there.status == "empty" or all(name in assets for name in wanted)
    same = there.inputs == unit.fingerprint and area == covered and not there.has_skipped
    return None if same and complete else replace(unit, area=area)
