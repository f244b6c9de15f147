"""From a task to its receipts: the table of contents of smmap.

A task is a batch of overpasses of one tile. Space is the outer loop and time the inner one: what
does not change between overpasses is read once a block, and memory is bounded by the block.
"""

from __future__ import annotations

from dataclasses import replace

from smmap.features.builder import compute_features
from smmap.pipeline.blocks import BlockInputs, open_block, run_blocks
from smmap.pipeline.commit import commit_unit, record_failure
from smmap.pipeline.load_layers import load_layers
from smmap.pipeline.pixels import flag_pixels, pack_pixels, predict_pixels
from smmap.pipeline.run_state import RunState
from smmap.pipeline.staged import StagedUnit
from smmap.pipeline.task_scenes import TaskScenes
from smmap.spec.errors import SceneError, TransientError
from smmap.spec.tile import Block
from smmap.spec.unit import Receipt, Task, Unit


def run_task(task: Task, run: RunState) -> list[Receipt]:
    """Map every unit of a task; a scene that cannot be read costs that scene, not the task."""
    scenes = TaskScenes(task, run.context)
    while True:
        staged = {unit.id: run.stage(unit) for unit in scenes.list_units()}
        try:
            map_blocks(task, staged, scenes, run)
            break
        except (SceneError, TransientError) as error:
            # From the start, so that all blocks leave out the same scenes.
            scenes.lose(error)
            discard(staged)
    return [
        commit_unit(unit, staged[unit.id], scenes, run)
        if unit.id in staged
        else replace(record_failure(unit, scenes, run), passing=scenes.has_passing_fault(unit))
        for unit in task.units
    ]


def map_blocks(
    task: Task, staged: dict[str, StagedUnit], scenes: TaskScenes, run: RunState
) -> None:
    """Put the packed pixels of every unit that can be mapped into its staging."""
    units = scenes.list_units()

    def map_block(block: Block) -> None:
        inputs = open_block(block, scenes, run)
        for unit in units:
            part = block.overlap(unit.area)
            if part is not None:
                map_part(unit, part, inputs, staged[unit.id], run)

    if units:
        run_blocks(task.area.split(run.context.block_size), map_block, run)


def map_part(
    unit: Unit, part: Block, inputs: BlockInputs, staged: StagedUnit, run: RunState
) -> None:
    """One unit on one part of a block, from scenes to packed pixels."""
    layers = load_layers(unit, part, inputs, run)
    features = compute_features(run.card, layers)
    estimate = predict_pixels(features, layers, run)
    flagged = flag_pixels(estimate, features, layers, run)
    staged.put(part, pack_pixels(flagged, layers, run), layers["incidence_deg"])


def discard(staged: dict[str, StagedUnit]) -> None:
    """Free the disk that an abandoned attempt took."""
    for unit in staged.values():
        unit.discard()
