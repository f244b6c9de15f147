"""The blocks of a task, several at once, and what each holds for all its overpasses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smmap.grid.ground import compute_lonlat
from smmap.pipeline.run_state import RunState
from smmap.pipeline.task_scenes import TaskScenes
from smmap.spec.tile import Block
from smmap.stack.optical import OpticalBlock
from smmap.stack.terrain import load_terrain


@dataclass(frozen=True)
class BlockInputs:
    """What a block needs for every overpass."""

    block: Block
    """In tile pixels."""
    scenes: TaskScenes
    """The task's scenes."""
    static: dict[str, NDArray[np.float32]]
    """Terrain, longitude and latitude."""
    optical: OpticalBlock | None
    """Optical scenes, read when first needed; None where the recipe has no such source."""


def open_block(block: Block, scenes: TaskScenes, run: RunState) -> BlockInputs:
    """Read what does not change between overpasses."""
    context = run.context
    lon, lat = compute_lonlat(block)
    static = {"longitude": lon.astype(np.float32), "latitude": lat.astype(np.float32)}
    if "dem" in context.definitions:
        static |= load_terrain(scenes.get_terrain(), block, context.factor)
    optical = None
    if "sentinel2" in context.definitions:
        bands = context.bands["sentinel2"]
        optical = OpticalBlock(block, context.factor, bands, context.recipe.optical)
    return BlockInputs(block, scenes, static, optical)


def run_blocks(blocks: Sequence[Block], work: Callable[[Block], None], run: RunState) -> None:
    """Work on all blocks with the recipe's threads; the first error stops the rest."""
    with ThreadPoolExecutor(run.context.recipe.threads, "block") as pool:
        # A copy of the context each: log lines of a thread bear the task's id.
        waiting = {pool.submit(copy_context().run, work, block) for block in blocks}
        try:
            while waiting:
                finished, waiting = wait(waiting, return_when=FIRST_EXCEPTION)
                for one in finished:
                    one.result()
        finally:
            pool.shutdown(cancel_futures=True)
