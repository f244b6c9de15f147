"""How a model looks at what lies around a cell: windows of pixels, a branch each."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic import Field, model_validator

from smmap.spec.options import Options

CELL = "numbers"
"""Network input, and array of a store, of what is one number a cell."""


class Branch(Options):
    """Inputs that are seen together, as one image around the cell."""

    name: str = Field(pattern=r"^[a-z][a-z0-9]*$")
    """Name of the network's input, and of the array in a store of patches."""
    pixel_m: float = Field(gt=0)
    """Pixel size, metres; divides the cell."""
    inputs: tuple[str, ...] = Field(min_length=1)
    """Names of inputs, in the order of the image's layers."""


class Windows(Options):
    """Which inputs are images, and on what cells; inputs of no branch are one number a cell."""

    cell_m: float = Field(gt=0)
    """Cell size, metres: the grid that is mapped, and the step of the sliding windows."""
    chunk: int = Field(default=8, ge=1)
    """Cells a side that are computed at once, counted from the tile's corner: always so many, so
    that a value does not depend on how a tile is cut."""
    least_valid: float = Field(default=0.5, gt=0, le=1)
    """Share of a window's pixels that must have all of its branch's inputs; with fewer the cell
    has no value. What is missing is filled."""
    patch_m: float = Field(default=5120, gt=0)
    """Side of the ground that a sample holds around its station, metres."""
    branches: tuple[Branch, ...] = Field(min_length=1)
    """In the network's order."""

    @model_validator(mode="after")
    def _consistent(self) -> Windows:
        names = [one.name for one in self.branches]
        inputs = [name for one in self.branches for name in one.inputs]
        if len(set(names)) < len(names) or CELL in names:
            raise ValueError(f"names of branches repeat, or one is '{CELL}'")
        if len(set(inputs)) < len(inputs):
            raise ValueError("an input is in two branches, or twice in one")
        for one in self.branches:
            if not math.isclose(self.cell_m / one.pixel_m, round(self.cell_m / one.pixel_m)):
                raise ValueError(f"'pixel_m' of branch '{one.name}' does not divide 'cell_m'")
        return self

    def list_cell_inputs(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of ``names`` that are one number a cell, in their order."""
        seen = {name for one in self.branches for name in one.inputs}
        return tuple(name for name in names if name not in seen)

    def count_pixels(self, branch: Branch) -> int:
        """Pixels of a branch along a cell's side."""
        return round(self.cell_m / branch.pixel_m)

    def check_inputs(self, names: Sequence[str]) -> None:
        """Refuse branches of inputs that there are not, and models without a number a cell.

        Raises
        ------
        ValueError
            For validators.
        """
        strangers = sorted({name for one in self.branches for name in one.inputs} - set(names))
        if strangers:
            raise ValueError(f"'windows.branches' name {strangers}, which are no inputs")
        if not self.list_cell_inputs(names):
            raise ValueError("'windows' needs at least one input outside its branches")


class SizedBranch(Branch):
    """A branch of a fitted model."""

    window: int = Field(ge=1)
    """Pixels a side that it looks at, the cell in the middle."""
    fills: dict[str, float] = Field(default_factory=dict)
    """Input -> its mean in training, in its units: stands where a pixel has no value. A card has
    one of each input."""


class SizedWindows(Windows):
    """Windows of a fitted model."""

    branches: tuple[SizedBranch, ...] = Field(min_length=1)
    """In the network's order."""

    @model_validator(mode="after")
    def _centred(self) -> SizedWindows:
        for one in self.branches:
            beyond = one.window - self.count_pixels(one)
            if beyond < 0 or beyond % 2:
                raise ValueError(
                    f"the window of branch '{one.name}' must reach as far beyond the cell on all "
                    "sides"
                )
        return self

    def compute_halo(self, branch: SizedBranch) -> int:
        """Pixels of a branch that a window reaches beyond its cell."""
        return (branch.window - self.count_pixels(branch)) // 2

    def compute_side(self, branch: SizedBranch) -> int:
        """Pixels a side that a chunk of cells is computed from."""
        return self.chunk * self.count_pixels(branch) + 2 * self.compute_halo(branch)


def size_for_patches(windows: Windows) -> SizedWindows:
    """Windows as wide as a sample's ground, one cell at a time.

    Raises
    ------
    ConfigError
        If ``patch_m`` is no whole number of pixels, or not as far on all sides of the cell.
    """
    branches = [
        one.model_dump() | {"window": windows.patch_m / one.pixel_m} for one in windows.branches
    ]
    return SizedWindows.parse(
        windows.model_dump() | {"branches": branches, "chunk": 1}, "'windows.patch_m'"
    )
