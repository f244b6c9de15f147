"""What a block holds for all overpasses of its task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smmap.features.builder import compute_required_layers
from smmap.features.request import FACING
from smmap.pipeline.branches import BranchInputs, find_chunks, open_branches
from smmap.pipeline.context import Context
from smmap.pipeline.task_scenes import TaskScenes
from smmap.spec.source import FIELDS, OPTICAL
from smmap.spec.tile import Block
from smmap.stack.fields import FieldBlock
from smmap.stack.land_cover import load_land_cover
from smmap.stack.lonlat import compute_lonlat_layers
from smmap.stack.optical import OpticalBlock
from smmap.stack.terrain import load_terrain

_PLACE = ("longitude", "latitude")


@dataclass(frozen=True)
class BlockInputs:
    """What a block needs for every overpass."""

    block: Block
    """In tile pixels."""
    scenes: TaskScenes
    """The task's scenes."""
    static: dict[str, NDArray[np.float32]]
    """Terrain, land cover, longitude and latitude: those that are of use."""
    optical: Mapping[str, OpticalBlock]
    """By source: optical scenes, read when first needed."""
    fields: Mapping[str, FieldBlock]
    """By source: coarse ones, read when first needed."""
    branches: tuple[BranchInputs, ...] = ()
    """Of a model with windows: what lies around the cells."""


def open_block(
    block: Block, scenes: TaskScenes, context: Context, fields: Mapping[str, FieldBlock]
) -> BlockInputs:
    """Read what does not change between overpasses."""
    static: dict[str, NDArray[np.float32]] = {}
    needed = compute_required_layers(context.pixel_set)
    if not needed.isdisjoint(_PLACE):
        static |= compute_lonlat_layers(block)
    if "dem" in context.definitions:
        facing = not needed.isdisjoint(FACING)
        static |= load_terrain(scenes.get_static("dem"), block, context.factor, facing=facing)
    if "land_cover" in context.definitions:
        static |= load_land_cover(scenes.get_static("land_cover"), block, context.factor)
    optical: dict[str, OpticalBlock] = {
        key: OpticalBlock(
            block,
            context.factor,
            context.plain_bands(key),
            context.recipe.optical,
            context.pixel_requests.get(key, ()),
        )
        for key in OPTICAL
        if key in context.definitions
    }
    branches = open_branches(find_chunks(block, context.windows), scenes, context)
    return BlockInputs(block, scenes, static, optical, fields, branches)


def open_fields(area: Block, context: Context) -> dict[str, FieldBlock]:
    """Coarse sources over a task's area: few pixels, which all its blocks share."""
    return {key: FieldBlock(area) for key in FIELDS if key in context.definitions}
