"""Branches of a model with windows: where a part's images lie, and what a block holds for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smmap.features.builder import compute_requests, compute_required_layers
from smmap.features.request import FACING, REFLECTANCES, TERRAIN
from smmap.pipeline.context import Context
from smmap.pipeline.task_scenes import TaskScenes
from smmap.spec.card import ModelCard
from smmap.spec.input_list import FeatureSet
from smmap.spec.source import FIELDS, OPTICAL
from smmap.spec.tile import Block
from smmap.spec.windows import SizedBranch, SizedWindows
from smmap.stack.fields import FieldBlock
from smmap.stack.optical import OpticalBlock
from smmap.stack.radar import RadarGrid
from smmap.stack.terrain import load_terrain


@dataclass(frozen=True)
class BranchInputs:
    """What one branch needs of a block and its surroundings for every overpass."""

    branch: SizedBranch
    """Which."""
    windows: SizedWindows
    """It is one of these."""
    scenes: TaskScenes
    """The task's scenes."""
    context: Context
    """Of the run."""
    card: FeatureSet
    """What is asked, with the branch's inputs alone."""
    block: Block
    """The block's cells and what lies around them, in the branch's pixels."""
    radar_grid: RadarGrid
    """Working pixels under the branch's."""
    static: Mapping[str, NDArray[np.float32]]
    """Terrain, where it is an input."""
    optical: Mapping[str, OpticalBlock]
    """By source: read when first needed."""
    fields: Mapping[str, FieldBlock]
    """By source: read when first needed."""


def find_chunks(part: Block, windows: SizedWindows | None) -> Block:
    """The smallest block of whole chunks, counted from the tile's corner, that holds a part.

    Without windows the part itself.
    """
    size = windows.chunk if windows is not None else 1
    row, col = part.row // size * size, part.col // size * size
    bottom = -(-(part.row + part.height) // size) * size
    right = -(-(part.col + part.width) // size) * size
    return Block(part.geobox, row, col, bottom - row, right - col)


def find_ground(cells: Block, branch: SizedBranch, windows: SizedWindows) -> Block:
    """The pixels of a branch that the windows of all these cells cover."""
    return cells.refine(windows.count_pixels(branch)).pad(windows.compute_halo(branch))


def choose_inputs(card: FeatureSet, branch: SizedBranch) -> FeatureSet:
    """A card or list with the inputs of a branch alone, in the branch's order."""
    inputs = {one.name: one for one in card.inputs}
    chosen = tuple(inputs[name] for name in branch.inputs)
    unlimited = {"quality": ()} if isinstance(card, ModelCard) else {}
    return card.model_copy(update={"inputs": chosen, "windows": None, **unlimited})


def open_branches(cells: Block, scenes: TaskScenes, context: Context) -> tuple[BranchInputs, ...]:
    """Read what does not change between overpasses, of each branch over these cells.

    Nothing without windows.

    Parameters
    ----------
    cells
        Of a grid whose pixels are the model's cells.
    """
    windows = context.windows
    if windows is None:
        return ()
    return tuple(
        _Opener(one, windows, scenes, context).open(
            find_ground(cells, one, windows), choose_inputs(context.feature_set, one)
        )
        for one in windows.branches
    )


@dataclass(frozen=True)
class _Opener:
    """Opens one branch."""

    branch: SizedBranch
    windows: SizedWindows
    scenes: TaskScenes
    context: Context

    def open(self, block: Block, card: FeatureSet) -> BranchInputs:
        pixel_m, requests = self.branch.pixel_m, compute_requests(card)
        factor = max(1, round(pixel_m / self.context.radar_grid.pixel_m))
        static = {}
        needed = compute_required_layers(card)
        if needed & TERRAIN:
            facing = not needed.isdisjoint(FACING)
            static = load_terrain(self.scenes.get_static("dem"), block, factor, facing=facing)
        optical: dict[str, OpticalBlock] = {}
        for key in OPTICAL:
            asked = tuple(one for one in requests if one.source == key)
            plain = tuple(sorted(needed & REFLECTANCES)) if key == "sentinel2" else ()
            if asked or plain:
                options = self.context.recipe.optical
                optical[key] = OpticalBlock(block, factor, plain, options, asked)
        used = {one.source for one in requests}
        return BranchInputs(
            self.branch,
            self.windows,
            self.scenes,
            self.context,
            card,
            block,
            RadarGrid(factor, pixel_m / factor),
            static,
            optical,
            {key: FieldBlock(block) for key in FIELDS if key in used},
        )
