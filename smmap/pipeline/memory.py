"""What a task takes of a process's memory: its blocks at work, whatever its tile and span."""

from __future__ import annotations

from smmap.pipeline.context import Context
from smmap.pipeline.inputs import HISTORY
from smmap.spec.card import ModelCard
from smmap.spec.source import FIELDS, OPTICAL
from smmap.spec.unit import Task
from smmap.stack.earth_engine import WAITING_BYTES
from smmap.stack.fields import KEPT_BYTES
from smmap.stack.file_cache import MOST_BYTES

PROCESS_BYTES = 400 * 2**20 + MOST_BYTES
"""A worker with its libraries, model, GDAL's cache and that of files, before it has a block;
measured, rounded up."""
WRITER_BYTES = 64 * 2**20
"""Windows of a file at work in the sinks; measured, rounded up."""
ARCHIVE_BYTES = 384 * 2**20
"""Chunks of a Zarr archive that are unpacked, each holding a continent; measured, rounded up."""
_FLOAT_BYTES = 4
# Float32 arrays of a block at once, in working pixels while it is read and in tile pixels while it
# is computed: measured, rounded up.
_RADAR = 72
_EACH_DATE = 8
"""Of the multi-temporal filter."""
_JOINED = 16
_JOIN_COPIES = {"nearest": 1, "median": 4}
"""Of all optical scenes."""
_LAYERS = 40
_EACH_INPUT = 4
"""Of the model."""
_EACH_CALL = 128
"""Of a model with windows, for each pixel of a chunk."""
_OPENED = 3
"""Sizes of its file."""


def estimate_task_memory(task: Task, context: Context, threads: int) -> int:
    """Bytes at the most, rounded up rather than down.

    Each thread has a block that is read, a part of one that is computed, and a file that is
    written; what is staged lies on disk.
    """
    recipe, area = context.recipe, task.area
    height, width = (min(context.block_size, size) for size in area.shape)
    halo = recipe.radar.despeckle.window // 2 + 3 * recipe.radar.erode
    tile_pixels = height * width
    working_pixels = tile_pixels * context.factor**2
    padded_pixels = (height * context.factor + 2 * halo) * (width * context.factor + 2 * halo)
    dates = max(len(unit.inputs.get(HISTORY, ())) for unit in task.units)
    held = sum(
        max(len(unit.inputs.get(key, ())) for unit in task.units)
        * (len(context.bands.get(key, ())) + 3)
        for key in OPTICAL
    )
    joining = working_pixels * (held * _JOIN_COPIES[recipe.optical.join] + _JOINED)
    reading = padded_pixels * (_RADAR + _EACH_DATE * dates)
    feature_set = context.feature_set
    columns = feature_set.columns if isinstance(feature_set, ModelCard) else len(feature_set.inputs)
    computing = tile_pixels * (_LAYERS + _EACH_INPUT * columns)
    past = tile_pixels * len(feature_set.inputs) * max(len(unit.history) for unit in task.units)
    block = working_pixels * held + max(reading, joining) + computing + past
    block += _count_window_values(task, context, height, width)
    fields = KEPT_BYTES * sum(key in context.definitions for key in FIELDS)
    kinds = {one.kind for one in context.definitions.values()}
    waiting = WAITING_BYTES if "earth-engine" in kinds else 0
    archive = ARCHIVE_BYTES if "zarr" in kinds else 0
    at_work = min(threads, len(area.split(context.block_size)))
    shared = PROCESS_BYTES + _count_weights(context) + fields + waiting + archive
    return shared + at_work * (block * _FLOAT_BYTES + WRITER_BYTES)


def _count_weights(context: Context) -> int:
    """Bytes of an opened model with windows, whose files are large, from their size."""
    if context.windows is None:
        return 0
    files = (context.package / one.file for one in context.card.members)
    return _OPENED * sum(file.stat().st_size for file in files)


def _count_window_values(task: Task, context: Context, height: int, width: int) -> int:
    """Float32 values of a block's surroundings, for models with windows."""
    windows = context.windows
    if windows is None:
        return 0
    scenes = max(len(unit.inputs.get("sentinel2", ())) for unit in task.units)
    held = 0
    for one in windows.branches:
        step, beyond = windows.count_pixels(one), 2 * windows.compute_halo(one)
        # A block is widened to whole chunks, by less than one at either end.
        sides = ((size + 2 * (windows.chunk - 1)) * step + beyond for size in (height, width))
        pixels = next(sides) * next(sides)
        call = windows.compute_side(one) ** 2 * _EACH_CALL
        held += call + pixels * (_RADAR + _JOINED + (_EACH_INPUT + 2 * scenes) * len(one.inputs))
    return held
