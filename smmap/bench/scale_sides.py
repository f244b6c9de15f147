"""The sides of the scale benchmark, each run in a process of its own: see `smmap.bench.fresh`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smmap.spec.recipe import Recipe

RECIPE = "local-stac"
BATCH: int = Recipe.model_fields["batch"].default
"""Dates of a full task, where a recipe does not say otherwise."""


def map_with_workers(catalog: str, model: str, out: str, workers: int) -> dict[str, Any]:
    """Map by processes that share this process's processors; their start included."""
    from smmap.pipeline.run import run

    start = time.perf_counter()
    # An overpass a task: enough of them for processes to share.
    changes = [f"catalog={catalog}", f"model={model}", "batch=1"]
    result = run(RECIPE, Path(out), changes=changes, workers=workers)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "tasks": result.count("done") + result.count("empty")}


def map_alone(catalog: str, model: str, out: str) -> dict[str, Any]:
    """Map in this process, as a worker does, in tasks of as many overpasses as a recipe has."""
    from smmap.pipeline.run import run

    result = run(RECIPE, Path(out), changes=[f"catalog={catalog}", f"model={model}"])
    tasks = math.ceil(len(result.receipts) / BATCH)
    return {"units": len(result.receipts), "task_seconds": result.seconds / tasks}


def hand_out(tasks: int, workers: int) -> dict[str, Any]:
    """Tasks without work through the queue and a crew; seconds from first to last."""
    from smmap.crew.open_crew import open_crew
    from smmap.crew.work_queue import WorkQueue
    from smmap.spec.cluster import LocalCluster

    pieces = [NoWork(f"warm-{number}") for number in range(2 * workers)]
    measured = [NoWork(f"task-{number}") for number in range(tasks)]
    with open_crew(LocalCluster(kind="local", workers=workers), NoJob(), 0) as crew:
        list(WorkQueue(pieces, crew, _give_up).run())
        start = time.perf_counter()
        done = sum(1 for _ in WorkQueue(measured, crew, _give_up).run())
        seconds = time.perf_counter() - start
    return {"seconds": seconds, "done": done}


@dataclass(frozen=True)
class NoWork:
    """A piece of no work."""

    id: str
    """Unique."""


@dataclass(frozen=True)
class NoJob:
    """What does it."""

    @contextmanager
    def open(self) -> Iterator[Callable[[NoWork], str]]:
        """Nothing is opened."""
        yield lambda piece: piece.id


def _give_up(piece: NoWork, reason: str) -> str:
    return f"{piece.id}: {reason}"
