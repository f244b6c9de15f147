"""From a task to its receipts: the table of contents of smmap.

A task is one tile with all its overpasses. Space is the outer loop and time the inner one: what
does not change between overpasses is read once a block, and memory is bounded by the block.
"""

from __future__ import annotations

from smmap.features.builder import compute_features
from smmap.pipeline.blocks import BlockInputs, open_block, run_blocks
from smmap.pipeline.commit import commit_unit, record_failure
from smmap.pipeline.layers import load_layers
from smmap.pipeline.pixels import flag_pixels, pack_pixels, predict_pixels
from smmap.pipeline.run_state import RunState
from smmap.pipeline.staged import Packed, StagedUnit
from smmap.pipeline.task_scenes import TaskScenes
from smmap.spec.errors import SceneError, TransientError
from smmap.spec.tile import Block
from smmap.spec.unit import Receipt, Task, Unit


def run_task(task: Task, run: RunState) -> list[Receipt]:
    """Map every unit of a task; a scene that cannot be read costs that scene, not the task."""
    scenes = TaskScenes(task, run.context)
    while True:
        try:
            staged = map_units(task, scenes, run)
            break
        except (SceneError, TransientError) as error:
            # From the start, so that all blocks leave out the same scenes.
            scenes.lose(error)
    return [
        commit_unit(unit, staged[unit.id], scenes, run)
        if unit.id in staged
        else record_failure(unit, scenes, run)
        for unit in task.units
    ]


def map_units(task: Task, scenes: TaskScenes, run: RunState) -> dict[str, StagedUnit]:
    """Packed pixels of every unit that can be mapped."""
    staged = {unit.id: run.stage(unit, task.area) for unit in scenes.list_units()}

    def map_block(block: Block) -> None:
        inputs = open_block(block, scenes, run)
        for unit in scenes.list_units():
            staged[unit.id].put(block, map_unit(unit, inputs, run))

    run_blocks(task.area.split(run.context.block_size), map_block, run)
    return staged


def map_unit(unit: Unit, inputs: BlockInputs, run: RunState) -> dict[str, Packed]:
    """One block of one unit, from scenes to packed pixels."""
    layers = load_layers(unit, inputs, run)
    features = compute_features(run.card, layers)
    estimate = predict_pixels(features, layers, run)
    flagged = flag_pixels(estimate, features, layers, run)
    return pack_pixels(flagged, layers, run)
