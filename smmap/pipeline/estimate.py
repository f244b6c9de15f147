"""What a plan will cost, before any pixel is read."""

from __future__ import annotations

from typing import Any

from smmap.pipeline.context import Context
from smmap.pipeline.memory import estimate_task_memory
from smmap.pipeline.model_rate import measure_rate
from smmap.pipeline.plan import Plan
from smmap.pipeline.requests import count_requests
from smmap.spec.source import OPTICAL
from smmap.spec.unit import Task
from smmap.stack.radar import is_filtered

WRITTEN_BYTES = 12
"""A mapped pixel before compression: six bytes of layers, in COGs and in the cube."""
RADAR_BANDS = 2
"""VV and VH."""
_FLOAT_BYTES = 4


def estimate_plan(plan: Plan, rate: float | None = None) -> dict[str, Any]:
    """Tasks, scenes, bytes, requests, pixels, memory and time as plain data.

    Bytes are of uncompressed pixels; memory is of one process with a task at work.

    Parameters
    ----------
    plan
        What is to be done.
    rate
        Working pixels (10 m) a second that one core maps, reading and writing included, as
        measured in runs; None: the model's alone is measured on this machine now.
    """
    context, recipe = plan.context, plan.context.recipe
    pixels = sum(len(task.units) * task.area.height * task.area.width for task in plan.tasks)
    working = pixels * context.factor**2
    looks_back = {task.id: count_earlier(task) for task in plan.tasks}
    earlier = sum(looks_back[task.id] * task.area.height * task.area.width for task in plan.tasks)
    scenes = {key: len(items) for key, items in plan.found.candidates.items()}
    memory = (estimate_task_memory(task, context, recipe.threads) for task in plan.tasks)
    engine = any(one.kind == "earth-engine" for one in context.definitions.values())
    speed = describe_speed(pixels, working, context, rate)
    return {
        "recipe": recipe.name,
        "model": f"{context.card.name} {context.card.version}",
        "period": str(plan.found.period),
        "totals": {
            "tasks": len(plan.tasks),
            "overpasses": len(plan.units),
            **({"earlier_overpasses": sum(looks_back.values())} if context.card.history else {}),
            **{f"{key}_scenes": count for key, count in scenes.items()},
            "pixels": pixels,
            "bytes_read": (
                (working + earlier * context.factor**2) * RADAR_BANDS + _count_optical(plan)
            )
            * _FLOAT_BYTES,
            "bytes_written": pixels * WRITTEN_BYTES,
            **({"earth_engine_requests": count_requests(plan)} if engine else {}),
            "memory_bytes": max(memory, default=0),
            **speed,
            "despeckled": is_filtered(
                context.radar_grid, context.definitions["sentinel1"], recipe.radar
            ),
        },
        "tasks": [
            {
                "task": task.id,
                "units": len(task.units),
                "pixels": task.area.height * task.area.width,
                "first": f"{task.units[0].overpass.datetime:%Y-%m-%d %H:%M}",
                "last": f"{task.units[-1].overpass.datetime:%Y-%m-%d %H:%M}",
            }
            for task in plan.tasks
        ],
    }


def count_earlier(task: Task) -> int:
    """Overpasses that a task reads only because its units look back to them."""
    seen = {one.overpass.id for unit in task.units for one in unit.history}
    return len(seen - {unit.overpass.id for unit in task.units})


def _count_optical(plan: Plan) -> int:
    """Pixels of all bands of all optical scenes, each scene once a task that uses it."""
    context, total = plan.context, 0
    tile_pixels = sum(task.area.height * task.area.width for task in plan.tasks)
    for key in OPTICAL:
        scenes = len({item.id for unit in plan.units for item in unit.inputs.get(key, ())})
        if scenes:
            side = context.radar_grid.pixel_m / context.definitions[key].resolution
            pixels = scenes * tile_pixels * context.factor**2 // max(1, len(plan.tasks))
            total += round(pixels * min(1.0, side) ** 2) * (len(context.bands[key]) + 1)
    return total


def describe_speed(
    pixels: int, working: int, context: Context, rate: float | None
) -> dict[str, Any]:
    """Core hours, the rate behind them, and where that is from.

    ``pixels`` are those of the maps, ``working`` those of the radar under them: a rate that is
    given counts the latter, the model's own the former.
    """
    if rate is not None:
        return _tell_speed(working, rate, "given")
    return _tell_speed(
        pixels,
        measure_rate(context.package, context.recipe.device),
        "of the model alone on pixels none like another, measured here: reading, filtering and "
        "writing are not in it",
    )


def _tell_speed(pixels: int, rate: float, source: str) -> dict[str, Any]:
    return {
        "core_hours": round(pixels / rate / 3600, 6),
        "pixels_a_core_second": round(rate),
        "rate_is": source,
    }
