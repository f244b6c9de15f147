"""What lies around a part of a block, for models with windows; nothing for all others."""

from __future__ import annotations

from dataclasses import dataclass

from smmap.pipeline.blocks import BlockInputs
from smmap.pipeline.branches import find_chunks
from smmap.pipeline.context import Context
from smmap.pipeline.load_images import Image, load_images
from smmap.spec.tile import Block
from smmap.spec.unit import Unit


@dataclass(frozen=True)
class Surroundings:
    """A part of a block, and the whole chunks of cells that it lies in."""

    part: Block
    """In tile pixels: cells."""
    cells: Block
    """Whole chunks, counted from the tile's corner."""
    images: tuple[Image, ...]
    """Over ``cells`` and what their windows reach, one a branch."""


def load_surroundings(
    unit: Unit, part: Block, inputs: BlockInputs, context: Context
) -> Surroundings | None:
    """Images of one unit around a part; None for models that look at pixels alone."""
    if context.windows is None:
        return None
    cells = find_chunks(part, context.windows)
    return Surroundings(part, cells, load_images(unit, cells, inputs.branches))
