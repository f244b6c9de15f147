"""A training recipe whose samples are simulated: nobody's in-situ data are needed."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from smmap.spec.card import ModelInput, ModelOutput
from smmap.spec.options import Options

SIMULATED_FEATURES = ("backscatter_db", "incidence_deg", "ndvi")
"""Features that the simulated database holds."""


class Simulation(Options):
    """Cases that are drawn from the database."""

    cases: int = Field(default=600_000, ge=1000)
    """To fit on; a third as many of other seeds judge it."""
    ndvi_most: float | None = Field(default=None, gt=0, le=1)
    """Cases whose observed NDVI is above are dropped; None: all stay."""


class SmallSimulation(Options):
    """What ``--small`` changes: a rough model in seconds."""

    cases: int = Field(default=20_000, ge=1000)
    """To fit on."""
    epochs: int = Field(default=3, ge=1)
    """Passes over them."""


class SimulatedRecipe(Options):
    """``recipe.yaml`` of a model that is trained on simulated backscatter of bare soil and canopy.

    The network and its loss are fixed: two tanh layers that give mean and log variance.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """Package name."""
    title: str
    """What a person reads."""
    description: str
    """What it is fitted on, what it is good for, what not."""
    expectations: str = ""
    """What a user should expect in the field."""
    licence: str
    """SPDX id of the model."""
    citations: tuple[str, ...] = ()
    """DOIs of the method."""
    simulated: Simulation
    """What it is fitted on; the key that tells this kind of recipe."""
    inputs: tuple[ModelInput, ...] = Field(min_length=1)
    """As the card will name them; ``training_range`` comes from the cases."""
    output: ModelOutput = ModelOutput(columns=("sm", "log_variance"))
    """Bounds and depth."""
    epochs: int = Field(default=30, ge=1)
    """Passes over the cases."""
    seed: int = Field(default=0, ge=0)
    """Of draws and first weights."""
    small: SmallSimulation = SmallSimulation()
    """The rough form."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [one.name for one in self.inputs]
        if len(set(names)) < len(names):
            raise ValueError("'inputs' names one twice")
        strangers = [one.name for one in self.inputs if one.feature not in SIMULATED_FEATURES]
        if strangers:
            raise ValueError(
                f"inputs {strangers}: the simulation holds {', '.join(SIMULATED_FEATURES)} alone"
            )
        if any(one.scaling.method != "none" or one.training_range for one in self.inputs):
            raise ValueError("inputs are neither scaled nor given a 'training_range' here")
        if self.output.columns != ("sm", "log_variance"):
            raise ValueError("'output.columns' are sm and log_variance: that is what it gives")
        return self

    def shrink(self) -> Self:
        """The form for ``--small``."""
        title = f"{self.title} (small form)"
        shrunk = self.model_copy(update={"title": title})
        return shrunk.change(self.small.cases, self.small.epochs, None)

    def change(self, cases: int | None, epochs: int | None, seed: int | None) -> Self:
        """The same recipe with other numbers, checked; None: as it is.

        Raises
        ------
        ConfigError
            If one is too small.
        """
        numbers = {"epochs": epochs, "seed": seed}
        found = self.model_dump() | {k: v for k, v in numbers.items() if v is not None}
        if cases is not None:
            found["simulated"] = found["simulated"] | {"cases": cases}
        return self.parse(found, f"recipe '{self.name}'")
