"""What all tasks of one run share while it lasts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

from smmap.model.model import Model
from smmap.model.package import Applicability
from smmap.pipeline.context import Context
from smmap.pipeline.staged import StagedUnit
from smmap.product.layers import LAYERS
from smmap.spec.band import Layer
from smmap.spec.card import ModelCard
from smmap.spec.recipe import Recipe
from smmap.spec.unit import Unit
from smmap.store.output import OutputStore


@dataclass(frozen=True)
class RunState:
    """The opened model, the output folder and the run's staging."""

    context: Context
    """The recipe with everything it names."""
    model: Model
    """Opened on its device."""
    applicability: Applicability | None
    """The model's domain, where its card has one."""
    store: OutputStore
    """The output."""
    staging: Path
    """This run's own folder."""
    force: bool = False
    """Whether what is committed and up to date is mapped again."""

    @property
    def card(self) -> ModelCard:
        """The model's card."""
        return self.context.card

    @property
    def recipe(self) -> Recipe:
        """The recipe."""
        return self.context.recipe

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Layers of the product; the uncertainty only where the model gives one."""
        gives_uncertainty = "log_variance" in self.card.output.columns
        return tuple(one for one in LAYERS if gives_uncertainty or one.name != "sm_uncertainty")

    def stage(self, unit: Unit) -> StagedUnit:
        """A fresh place for the unit's pixels."""
        folder = self.staging / f"{unit.id}-{uuid.uuid4().hex[:8]}"
        return StagedUnit(folder, unit.area, self.layers)
