"""What judging a recipe's model found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from smmap.validation.curves import CURVE_SCORES, summarise_curves
from smmap.validation.flattery import Flattery
from smmap.validation.growth import Growth
from smmap.validation.orbits import OrbitComparison
from smmap.validation.revisit import Revisit

COMBINED = "model"
"""The members together, among the names of what is scored."""
BASELINE = "mean"
"""The mean of the training rows: who does not beat it has learnt nothing."""

Growths = Mapping[str, Growth]
"""Name of inputs -> growth of the RMSE without them."""


@dataclass(frozen=True)
class Judgement:
    """Predictions of rows that were not trained on, and what follows from them."""

    predictions: pd.DataFrame
    """Rows of the samples once for each scheme, with ``scheme``, ``predicted``, and a column of
    each member's own predictions."""
    metrics: Mapping[str, Any]
    """Scheme -> ``model``, members and ``mean`` -> score -> value and its limits, for the card."""
    importance: Growths | None = None
    """Inputs -> growth of the RMSE when they are shuffled, by the scheme that counts."""
    ablation: Growths | None = None
    """Inputs -> growth of the RMSE when the model is fitted without them, by the same scheme."""
    curves: pd.DataFrame | None = None
    """Scores of each fit of the scenarios: see `validation.curves`."""
    flattery: Flattery | None = None
    """What a random split flatters by, where there is one and another."""
    orbits: OrbitComparison | None = None
    """Where samples have a relative orbit, by the scheme that counts."""
    revisit: Revisit | None = None
    """Where they have times too."""
    neighbours: str = ""
    """How many tested stations share ground with training ones, in words."""

    def describe(self) -> dict[str, Any]:
        """``metrics`` of the card."""
        found: dict[str, Any] = dict(self.metrics)
        if self.curves is not None:
            found |= _describe_curves(self.curves)
        for name, growths in (("importance", self.importance), ("ablation", self.ablation)):
            if growths:
                found[name] = {key: _round(*_list(one)) for key, one in growths.items()}
        if self.orbits is not None:
            rows = self.orbits.table.to_dict("records")
            found["orbits"] = {"verdict": self.orbits.describe()} | {
                str(row["orbit"]): _round(
                    *(row[name] for name in ("difference", "difference_low", "difference_high"))
                )
                for row in rows
            }
        if self.revisit is not None:
            found["revisit"] = self.revisit.describe()
        if self.neighbours:
            found["neighbours"] = self.neighbours
        if self.flattery is not None:
            found["random_flatters"] = self.flattery.describe()
        return found


def _list(growth: Growth) -> tuple[float, float, float]:
    return growth.value, growth.low, growth.high


def _describe_curves(curves: pd.DataFrame) -> dict[str, Any]:
    """Scheme -> model -> size -> score -> median and limits."""
    found: dict[str, Any] = {}
    for row in summarise_curves(curves).to_dict("records"):
        scores = {
            name: _round(row[name], row[f"{name}_low"], row[f"{name}_high"])
            for name in CURVE_SCORES
        }
        of_model = found.setdefault(str(row["scheme"]), {}).setdefault(str(row["model"]), {})
        of_model[f"{row['size']:g}"] = {"repeats": int(row["repeats"])} | scores
    return found


def _round(*values: float) -> list[float | None]:
    """For the card; None where there is no value."""
    return [round(float(one), 4) if pd.notna(one) else None for one in values]
