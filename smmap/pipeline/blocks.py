"""What a block holds for all overpasses of its task."""

from __future__ import annotations

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
