"""From a task to its receipts: the table of contents of smmap.

A task is a batch of overpasses of one tile. Space is the outer loop and time the inner one: what
does not change between overpasses is read once a block, and memory is bounded by the block.
Reading, computing and writing go on at once, in threads of their own.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from smmap.features.builder import compute_features
from smmap.pipeline.attempt import Attempt, open_attempt
from smmap.pipeline.blocks import BlockInputs, open_block
from smmap.pipeline.commit import commit_unit, record_failure
from smmap.pipeline.draft import Draft, Step
from smmap.pipeline.heap import give_back_memory, keep_memory
from smmap.pipeline.load_layers import Layers, load_layers
from smmap.pipeline.load_surroundings import Surroundings, load_surroundings
from smmap.pipeline.past import Past, PastBlock
from smmap.pipeline.pixels import flag_pixels, pack_pixels, predict_pixels
from smmap.pipeline.run_state import RunState
from smmap.pipeline.task_scenes import TaskScenes
from smmap.spec.errors import SceneError, TransientError
from smmap.spec.tile import Block
from smmap.spec.unit import Receipt, Task, Unit
from smmap.stack.next_block import begin_block

_ROWS = 256
"""Of a part, at most as many are computed at once by one thread."""


def run_task(task: Task, run: RunState) -> list[Receipt]:
    """Map every unit of a task; a scene that cannot be read costs that scene, not the task."""
    keep_memory()
    scenes = TaskScenes(task, run.context)
    receipts: dict[str, Receipt] = {}
    while units := [unit for unit in scenes.list_units() if unit.id not in receipts]:
        try:
            with open_attempt(units, scenes, run, receipts) as attempt:
                for block in task.area.split(run.context.block_size):
                    attempt.lanes.read(read_block, block, attempt)
        except (SceneError, TransientError) as error:
            # What is not committed starts anew, so that all blocks leave out the same scenes. What
            # is committed stands: its scenes were read wherever a unit needs them (`Attempt.put`),
            # so that a scene lost since is none of them, or lost for the moment alone.
            scenes.lose(error)
    give_back_memory()
    return [receipts.get(unit.id) or record_failure(unit, scenes, run) for unit in task.units]


def read_block(block: Block, attempt: Attempt) -> None:
    """Read a block for all units that have a part of it, in order of time."""
    parts = attempt.list_parts(block)
    if not parts:
        return
    with begin_block(block):
        inputs = open_block(block, attempt.scenes, attempt.run.context, attempt.fields)
        before = PastBlock(inputs, attempt.run.context)
        for unit, part in parts:
            if not attempt.lanes.stopped:
                read_part(unit, part, inputs, before, attempt)


def read_part(
    unit: Unit, part: Block, inputs: BlockInputs, before: PastBlock, attempt: Attempt
) -> None:
    """One unit on one part of a block: its scenes, masked and aligned, and what was before them."""
    past = before.load(unit, part)
    layers = load_layers(unit, part, inputs, attempt.run.context)
    before.keep(unit, part, layers)
    around = load_surroundings(unit, part, inputs, attempt.run.context)
    count = -(-part.height // _ROWS) if around is None else 1
    step = -(-part.height // count)  # as many rows each: no thread is left with a few at the end
    pieces = [slice(top, min(top + step, part.height)) for top in range(0, part.height, step)]
    work = partial(compute_piece, unit, (layers, past, around), part, attempt)
    attempt.lanes.compute(work, pieces)


def compute_piece(
    unit: Unit,
    read: tuple[Layers, Past, Surroundings | None],
    part: Block,
    attempt: Attempt,
    rows: slice,
) -> None:
    """From aligned scenes to staged pixels of some rows of a part, as suits the processor's cache.

    A model that looks around itself has its surroundings for the part as a whole: all its rows.
    """
    layers, past, around = read
    here = {name: values[rows] for name, values in layers.items()}
    before = tuple((age_days, values[:, rows]) for age_days, values in past)
    provisional = attempt.scenes.is_provisional(unit)
    packed = compute_rows((here, before, around), attempt.run, provisional=provisional)
    piece = replace(part, row=part.row + rows.start, height=rows.stop - rows.start)
    for complete in attempt.put(unit, piece, packed, here["incidence_deg"]):
        attempt.lanes.write(write_unit, complete, attempt)


def compute_rows(
    read: tuple[Layers, Past, Surroundings | None], run: RunState, *, provisional: bool
) -> dict[str, NDArray[np.generic]]:
    """Features, estimates, flags: packed layers by name."""
    layers, past, around = read
    features = compute_features(run.context.pixel_set, layers)
    estimate = predict_pixels(features, layers, past, around, run)
    flagged = flag_pixels(estimate, features, layers, run, provisional=provisional)
    return pack_pixels(flagged, features, layers, run)


def write_unit(unit: Unit, attempt: Attempt) -> None:
    """A unit's figures and files, side by side."""
    draft = Draft(unit, attempt.staged[unit.id], attempt.run)
    for step in draft.steps:
        attempt.lanes.write(take_step, step, draft, unit, attempt)


def take_step(step: Step, draft: Draft, unit: Unit, attempt: Attempt) -> None:
    """One of them; with the last the unit is published, its item last."""
    if draft.take(step):
        attempt.receipts[unit.id] = commit_unit(unit, draft, attempt.scenes, attempt.run)
        attempt.staged[unit.id].discard()
