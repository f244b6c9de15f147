"""Runs a plan: only what is not committed yet, task by task, then the indexes and the report."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from smmap.archive.indexes import check_output, publish_root, publish_tile
from smmap.archive.publisher import Publisher, open_publisher
from smmap.crew.open_crew import open_crew
from smmap.crew.work_queue import WorkQueue
from smmap.pipeline.failure import clear_notes, fail_task
from smmap.pipeline.memory import estimate_task_memory
from smmap.pipeline.model_record import record_model
from smmap.pipeline.open_state import open_state
from smmap.pipeline.plan import Plan, plan_run
from smmap.pipeline.progress import Progress, Tally
from smmap.pipeline.recipe import load_recipe
from smmap.pipeline.run_state import RunState
from smmap.pipeline.unfinished import keep_unfinished
from smmap.pipeline.unit_job import Finished, describe_job
from smmap.pipeline.workforce import choose_workforce
from smmap.report.run_report import write_run_report
from smmap.spec.errors import StoreError
from smmap.spec.recipe import Recipe
from smmap.spec.unit import Receipt, Task
from smmap.store.open import open_output_store


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
    workers: int | None = None,
    scheduler: str | None = None,
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
    workers
        So many processes on this machine, instead of the recipe's ``cluster``. A script that
        asks for them needs ``if __name__ == "__main__":`` around what it does.
    scheduler
        Address of a Dask scheduler whose workers do the tasks, likewise.
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
    recipe = choose_workforce(recipe, workers=workers, scheduler=scheduler)
    return run_plan(plan_run(recipe), out, progress, force=force)


def run_plan(
    plan: Plan, out: str | Path, progress: Progress | None = None, *, force: bool = False
) -> RunResult:
    """Carry out a plan; arguments as of ``run``."""
    started = time.monotonic()
    context = plan.context
    store = open_output_store(out)
    check_output(store, plan.found.tiles)
    with open_state(context, store, force=force) as state:
        record_model(state)
        tasks = [task if force else keep_unfinished(task, state) for task in plan.tasks]
        _check_disk(tasks, state)
        unfinished = {unit.id for task in tasks for unit in task.units}
        kept = [unit for unit in plan.units if unit.id not in unfinished]
        clear_notes(kept, state)
        receipts = _run_tasks(tasks, state, progress)
        result = RunResult(
            store.address,
            tuple(receipts),
            len(kept),
            plan.empty_tiles,
            time.monotonic() - started,
        )
        write_run_report(
            store,
            receipts,
            staging=state.staging,
            title=context.recipe.title or context.recipe.name,
            empty_tiles=plan.empty_tiles,
            left_out=plan.found.left_out,
        )
    return result


def _run_tasks(tasks: Sequence[Task], state: RunState, progress: Progress | None) -> list[Receipt]:
    """Have all tasks done, and each tile published when its last one is; receipts in order."""
    busy = [task for task in tasks if task.units]
    tally = Tally(busy, progress)
    overpasses = {unit.id: unit.overpass for task in busy for unit in task.units}
    receipts: dict[str, Receipt] = {}
    cluster = state.recipe.cluster if busy else None
    job = describe_job(cluster, state)
    threads = job.context.recipe.threads
    needed = max((estimate_task_memory(task, state.context, threads) for task in busy), default=0)

    def fail(task: Task, reason: str) -> Finished:
        return Finished(tuple(fail_task(task, reason, state)))

    with _open_publisher(tasks, state) as publisher, open_crew(cluster, job, needed) as crew:

        def begin(task: Task) -> None:
            publisher.begin(task.tile.key)

        queue = WorkQueue(busy, crew, fail, find_rest=find_passing, begin=begin)
        tally.tell(in_flight=0, dashboard=crew.dashboard)
        for task, left, over in queue.run():
            final = [
                replace(one, overpass=overpasses[one.unit])
                for one in left.receipts
                if over or not one.passing
            ]
            receipts |= {receipt.unit: receipt for receipt in final}
            tally.add(final, left.bytes_read, over=over)
            tally.tell(in_flight=queue.in_flight, dashboard=crew.dashboard)
            if over:
                publisher.finish(task.tile.key)
    return [receipts[unit.id] for task in busy for unit in task.units]


def _open_publisher(tasks: Sequence[Task], state: RunState) -> AbstractContextManager[Publisher]:
    """Tiles are published when their last task is over."""
    tiles = {task.tile.key: task.tile for task in tasks}
    work = Counter(dict.fromkeys(tiles, 0))
    work.update(task.tile.key for task in tasks if task.units)
    store, staging, depth_m = state.store, state.staging, state.card.output.depth

    def publish(key: str) -> None:
        publish_tile(store, tiles[key], depth_m=depth_m, staging=staging)

    return open_publisher(work, publish, lambda: publish_root(store, staging))


def find_passing(task: Task, left: Finished) -> Task | None:
    """The units that failed for a fault of the moment, as a task; None if there are none."""
    passing = {one.unit for one in left.receipts if one.passing}
    units = tuple(unit for unit in task.units if unit.id in passing)
    return replace(task, units=units) if units else None


def _check_disk(tasks: Iterable[Task], state: RunState) -> None:
    """Refuse at once what cannot fit: the pixels that a task stages before it commits them."""
    a_pixel = sum(np.dtype(layer.dtype).itemsize for layer in state.layers)
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
