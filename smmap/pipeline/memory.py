"""What a task will take of a worker's memory."""

from __future__ import annotations

import numpy as np

from smmap.pipeline.run_state import RunState
from smmap.spec.unit import Task

PROCESS_BYTES = 400 * 2**20
"""A worker with its libraries, model and GDAL's cache, before it has a block; measured, rounded
up."""
_FLOAT_BYTES = 4
_WORKING_COPIES = 24
"""Float32 arrays of a padded block alive at once in the radar and feature steps, as in
`estimate`."""


def estimate_task_memory(task: Task, state: RunState, threads: int) -> int:
    """Bytes, rounded up rather than down: blocks at work, and the pixels staged of all units.

    Staged pixels lie in files; what is mapped of them counts as a process's memory until its unit
    is committed.
    """
    context, recipe = state.context, state.recipe
    halo = recipe.radar.despeckle.window // 2 + 3 * recipe.radar.erode
    area = task.area
    height, width = (min(recipe.block, size * context.factor) for size in area.shape)
    optical = max((len(unit.inputs.get("sentinel2", ())) for unit in task.units), default=0)
    bands = len(context.bands.get("sentinel2", ())) + 3
    block = (height + 2 * halo) * (width + 2 * halo) * _WORKING_COPIES
    block += height * width * optical * bands
    blocks = len(area.split(context.block_size))
    a_pixel = sum(np.dtype(layer.dtype).itemsize for layer in state.staged_layers)
    staged = sum(unit.area.height * unit.area.width for unit in task.units) * a_pixel
    return PROCESS_BYTES + block * _FLOAT_BYTES * min(threads, blocks) + staged
