"""What a store of patches holds, as its root says it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from smmap.spec.card import ModelInput
from smmap.spec.options import Options
from smmap.spec.windows import CELL

FORMAT = 1
"""Changes when older readers could not read a store."""
SAMPLE = "sample"
"""First dimension of every array."""


class PatchBranch(Options):
    """One array of images."""

    name: str
    """Of the array."""
    pixel_m: float = Field(gt=0)
    """Pixel size, metres."""
    side: int = Field(ge=1)
    """Pixels along each side, the station's place in the middle."""
    inputs: tuple[ModelInput, ...] = Field(min_length=1)
    """Of the layers; values are before scaling, in ``units``."""


class PatchLayout(Options):
    """Arrays of a store, the same in all its parts."""

    format: int = FORMAT
    """Of the store."""
    branches: tuple[PatchBranch, ...] = Field(min_length=1)
    """Images."""
    numbers: tuple[ModelInput, ...] = Field(min_length=1)
    """Of the array ``numbers``: one a cell."""
    provenance: dict[str, Any] = Field(default_factory=dict)
    """From what the samples were made: sources and choices that decide pixels."""

    def get_shape(self, name: str) -> tuple[int, ...]:
        """Of one sample in the array of a branch, or in ``numbers``."""
        if name == CELL:
            return (len(self.numbers),)
        branch = next(one for one in self.branches if one.name == name)
        return len(branch.inputs), branch.side, branch.side

    def get_dimensions(self, name: str) -> tuple[str, ...]:
        """Names of the dimensions of that array."""
        if name == CELL:
            return SAMPLE, f"{name}_input"
        return SAMPLE, f"{name}_band", f"{name}_y", f"{name}_x"

    @property
    def names(self) -> tuple[str, ...]:
        """Of all arrays but the columns."""
        return *(one.name for one in self.branches), CELL
