"""Inputs without a model: what a table of samples is made by, before anything is trained."""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

from pydantic import Field, model_validator

from smmap.spec.card import ModelCard, ModelInput, RadarMeaning
from smmap.spec.definition import Reflectance
from smmap.spec.history import History
from smmap.spec.options import Options
from smmap.spec.windows import SizedWindows


class InputList(Options):
    """One file of ``models/studies``, or the same part of a card or of a training recipe."""

    name: str = "inputs"
    """For messages and records."""
    radiometry: RadarMeaning
    """What the radar inputs are."""
    aggregation: Literal["mean_power", "mean_db"] = "mean_power"
    """How pixels become cells."""
    reflectance: Reflectance = "surface"
    """Of what reflectances are."""
    missing: Literal["invalid", "model"] = "invalid"
    """What a model does about an input without a value; it decides no input."""
    inputs: tuple[ModelInput, ...] = Field(min_length=1)
    """Columns in order."""
    history: History | None = None
    """What a model looks back to; samples of overpasses that nobody measured are kept for it."""
    windows: SizedWindows | None = None
    """Which inputs are images around a cell: of patches; None: none is."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [one.name for one in self.inputs]
        twice = sorted({one for one in names if names.count(one) > 1})
        if twice:
            raise ValueError(f"'inputs' names {twice} twice")
        if self.windows is not None:
            self.windows.check_inputs(names)
        return self


FeatureSet: TypeAlias = ModelCard | InputList
"""What is asked of the sources: all that decides the layers of a block and what is derived from
them, with a model behind it or without."""
