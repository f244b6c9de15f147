"""Scale: processes, what handing out a task costs, memory over many dates."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from smmap.bench.comparison import Comparison, Comparisons
from smmap.bench.fresh import run_fresh
from smmap.bench.goal import Goal
from smmap.bench.memory_goal import ALLOWED_MB, MEMORY
from smmap.bench.scale_sides import BATCH, hand_out, map_alone, map_with_workers
from smmap.bench.settings import Settings
from smmap.bench.shapes import TREE_SHAPES
from smmap.simulate.world import simulate_world
from smmap.spec.errors import ConfigError
from smmap.trees.processors import count_processors

TWO = Goal("at most", 0.55)
"""Time of two processes, against that of one; each has one processor."""
OVERHEAD = Goal("at most", 0.01)
"""What a task without work takes, against one of the hundred dates, which is a small one."""
FLAT = Goal("at most", 1.1)
"""Peak over many dates, against that over one, and against that over the dates of one task."""
_FULL, _QUICK = 1024, 64
_DAYS = 6
"""Two overpasses over each tile."""
_ROUNDS = 3
_EMPTY_TASKS = 500
_DATES_SIZE = 512
_DAYS_A_DATE = 3
"""Of the simulated world: four overpasses in twelve days."""
_DATES, _QUICK_DATES = 100, 16


def compare_scale(settings: Settings) -> Comparisons:
    """Two processes against one, overhead, memory.

    Raises
    ------
    ConfigError
        If the model is missing, or there are not two processors.
    """
    model = settings.find_model(TREE_SHAPES[0].name).parent
    if count_processors() < 2:
        raise ConfigError(
            "the benchmark 'scale' sets two processors against one, and this process may use one: "
            "run it on a machine, or in a container, that has two"
        )
    folder = settings.scratch / "scale"
    yield from _compare_processes(folder, model, settings)
    yield from _compare_dates(folder, model, settings)
    shutil.rmtree(folder)


def _compare_processes(folder: Path, model: Path, settings: Settings) -> Comparisons:
    size = settings.choose_size(_FULL, _QUICK)
    tiles = 2 if settings.quick else 8
    simulate_world(folder / "tiles", tiles=tiles, days=_DAYS, size=size)
    rounds = 1 if settings.quick else _ROUNDS
    order = {"catalog": folder / "tiles" / "catalog.json", "model": model}
    spent: dict[int, list[float]] = {1: [], 2: []}
    tasks = 0
    for _ in range(rounds):
        for workers, seconds in spent.items():
            found = _map(folder, map_with_workers, order | {"workers": workers}, workers)
            seconds.append(found["seconds"])
            tasks = found["tasks"]
    one, two = (median(seconds) for seconds in spent.values())
    name = f"{tasks} tasks of {size * size / 1e6:.3g} Mpx by 2 processes"
    yield Comparison(name, 1, "s", two, one, "1 process", TWO)


def _compare_dates(folder: Path, model: Path, settings: Settings) -> Comparisons:
    size = _QUICK if settings.quick else _DATES_SIZE
    peaks, task_s = {}, 0.0
    for dates in (1, BATCH, _QUICK_DATES if settings.quick else _DATES):
        world = folder / f"dates-{dates}"
        simulate_world(world, days=dates * _DAYS_A_DATE, size=size)
        found = _map(folder, map_alone, {"catalog": world / "catalog.json", "model": model}, None)
        peaks[found["units"]] = found["peak_mb"]
        task_s = found["task_seconds"]
        shutil.rmtree(world)
    for dates, peak in peaks.items():
        name = f"peak memory, {dates} dates"
        yield Comparison(name, 2, "MB", peak, ALLOWED_MB, "2 GB", MEMORY)
    *fewer, (many, most) = sorted(peaks.items())
    for dates, least in fewer:
        of_a_task = ", a task" if dates == BATCH else ""
        name = f"peak memory, {many} dates against {dates}{of_a_task}"
        yield Comparison(name, 2, "MB", most, least, f"{dates} dates", FLAT)
    yield _compare_overhead(task_s, settings)


def _compare_overhead(task_s: float, settings: Settings) -> Comparison:
    count, rounds = (50, 1) if settings.quick else (_EMPTY_TASKS, _ROUNDS)
    empty_s = median(
        run_fresh(hand_out, tasks=count, workers=1)["seconds"] / count for _ in range(rounds)
    )
    figures = empty_s * 1e3, task_s * 1e3
    return Comparison("overhead a task", 1, "ms", *figures, "task of these dates", OVERHEAD)


def _map(
    folder: Path, side: Any, order: Mapping[str, Any], processors: int | None
) -> dict[str, Any]:
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    return run_fresh(side, processors, out=out, **order)
