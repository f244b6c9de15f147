"""One go at the units of a task that are not committed yet."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from smmap.pipeline.blocks import open_fields
from smmap.pipeline.lanes import Lanes, open_lanes
from smmap.pipeline.run_state import RunState
from smmap.pipeline.staged import StagedUnit
from smmap.pipeline.task_scenes import TaskScenes
from smmap.spec.tile import Block
from smmap.spec.unit import Receipt, Unit
from smmap.stack.fields import FieldBlock
from smmap.stack.file_cache import keep_files
from smmap.stack.next_block import foresee_blocks


@dataclass(frozen=True)
class Attempt:
    """What the stages of a task share while they work."""

    units: Sequence[Unit]
    """To be mapped, by time."""
    scenes: TaskScenes
    """The task's scenes; none is lost while the attempt goes on."""
    run: RunState
    """Of the run."""
    lanes: Lanes
    """The threads at work."""
    staged: Mapping[str, StagedUnit]
    """By unit: pixels that are there."""
    receipts: dict[str, Receipt]
    """By unit: of those that are committed."""
    fields: Mapping[str, FieldBlock]
    """By source: coarse ones over the whole task."""
    _complete: list[Unit] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def list_parts(self, block: Block) -> list[tuple[Unit, Block]]:
        """Units that have a part of the block, with that part."""
        parts = ((unit, block.overlap(unit.area)) for unit in self.units)
        return [(unit, part) for unit, part in parts if part is not None]

    def put(
        self,
        unit: Unit,
        part: Block,
        packed: Mapping[str, NDArray[np.generic]],
        incidence_deg: NDArray[np.float32],
    ) -> list[Unit]:
        """Stage a part; units that may be committed now that it is there.

        Units over the same area have their scenes read in the same places: where one has all its
        pixels, no other can lose a scene of it. Units over different areas wait for each other,
        so that which of them leave a broken scene out does not hang on which thread was faster.
        """
        if not self.staged[unit.id].put(part, packed, incidence_deg):
            return []
        if all(other.area == unit.area for other in self.units):
            return [unit]
        with self._lock:
            self._complete.append(unit)
            return self._complete if len(self._complete) == len(self.units) else []


@contextmanager
def open_attempt(
    units: Sequence[Unit], scenes: TaskScenes, run: RunState, receipts: dict[str, Receipt]
) -> Iterator[Attempt]:
    """Stage the units, and do what is begun within to its end; nothing stays staged.

    Raises
    ------
    SmmapError
        The first error of any stage; units with a receipt are committed all the same.
    """
    staged: dict[str, StagedUnit] = {}
    threads, area = run.recipe.threads, scenes.task.area
    blocks = [
        block
        for block in area.split(run.context.block_size)
        if any(block.overlap(unit.area) for unit in units)
    ]
    try:
        staged |= {unit.id: run.stage(unit) for unit in units}
        with keep_files(), foresee_blocks(blocks, threads), open_lanes(threads) as lanes:
            fields = open_fields(area, run.context)
            yield Attempt(units, scenes, run, lanes, staged, receipts, fields)
    finally:
        for unit in staged.values():
            unit.discard()
