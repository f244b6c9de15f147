"""Parts of a training recipe: target, quality control, tuning, ablation, rough form."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from smmap.spec.card import ModelInput
from smmap.spec.join import Join
from smmap.spec.options import Options
from smmap.spec.source import SourceKey


class Target(Options):
    """What is learnt."""

    column: str = "soil_moisture"
    """Of the table."""
    units: str = "m3/m3"
    """``m3/m3`` or ``percent`` (by volume)."""


class Limit(Options):
    """Rows outside, or without a value, are dropped."""

    column: str
    """Of the table."""
    least: float | None = None
    """Smallest that stays."""
    most: float | None = None
    """Largest that stays."""
    feature: str | None = None
    """Of a column that is no input: its derivation, by which `smmap samples` fills it; ``options``,
    ``units``, ``source`` and ``join`` belong to it, and mean what they do in an input."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Options of the derivation."""
    units: str = "1"
    """Units of the derivation."""
    source: SourceKey | None = None
    """Which of the sources it is derived from."""
    join: Join | None = None
    """How data of other times are brought to the overpass."""

    @model_validator(mode="after")
    def _derived_by_a_feature(self) -> Self:
        if self.feature is None and (self.options or self.source or self.join):
            raise ValueError(
                "'options', 'source' and 'join' belong to a 'feature', which is missing"
            )
        return self

    def derive(self) -> ModelInput | None:
        """The column as an input; None where the recipe does not say how it is made."""
        if self.feature is None:
            return None
        return ModelInput(
            name=self.column,
            feature=self.feature,
            options=self.options,
            units=self.units,
            source=self.source,
            join=self.join,
        )


class Tuning(Options):
    """How the options under ``tune`` are found."""

    trials: int = Field(default=30, ge=1)
    """Tried for each member."""
    sampler: Literal["tpe", "random"] = "tpe"
    """``random`` draws them independently."""
    on_test_rows: bool = False
    """True: scored on the rows that judge the model afterwards, as some studies did. It flatters;
    it is here to reproduce them, and warns."""


class Ablation(Options):
    """What the model is worth without some of its inputs: fitted again by the split that counts."""

    sources: bool = False
    """True: without each source in turn: radar, place, season, terrain, era5_land ..."""
    without: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Name -> inputs that are left out together."""


class Small(Options):
    """What ``--small`` changes: a rough model in seconds to minutes."""

    rows: int | None = Field(default=2000, ge=10)
    """Rows drawn from a table that has more; None: all."""
    trials: int = Field(default=2, ge=1)
    """Of tuning."""
    folds: int = Field(default=3, ge=2)
    """Of every split that has folds."""
    repeats: int = Field(default=2, ge=1)
    """Of scenarios."""
    sizes: int = Field(default=2, ge=1)
    """Of scenarios."""
    all_splits: bool = False
    """True: it is judged by all splits; False: by the one that counts, at random, and by
    scenarios."""
    members: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Name of a member -> options that differ."""
