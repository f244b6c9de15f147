"""What quality control lets through: a column between two bounds."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from smmap.spec.join import Join
from smmap.spec.options import Options
from smmap.spec.source import SourceKey


class Limit(Options):
    """Rows outside, or without a value, are not trained on; a model says nothing outside."""

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
