"""All of a model card that is known before its files are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from smmap.spec.sample_columns import SampleColumns, Target
from smmap.spec.training import TrainingRecipe
from smmap.train.judgement import Judgement
from smmap.train.samples import Samples
from smmap.train.trained_on import describe_training
from smmap.version import __version__

Range = tuple[float, float]
"""Smallest and largest value in training, before scaling."""

_KEPT = (
    "name",
    "description",
    "licence",
    "citations",
    "radiometry",
    "aggregation",
    "reflectance",
    "missing",
    "history",
    "output",
    "expectations",
)
"""Keys of a recipe that its card has too."""
_OF_TRAINING = {"tune", "name", "weight", "packaged"}
"""Keys of a member that say nothing of what was fitted."""


def draft_card(
    recipe: TrainingRecipe,
    samples: Samples,
    judgement: Judgement,
    *,
    architecture: str,
    members: set[str],
    ranges: Mapping[str, Range],
    seen: pd.DataFrame,
    small: bool,
    training: Mapping[str, Any],
) -> dict[str, Any]:
    """A card without ``version``, ``members`` and ``golden``.

    Parameters
    ----------
    samples
        That were fitted on or judged by.
    architecture
        In words.
    members
        Titles of those that count.
    ranges
        By the names of inputs; one that is missing, or the same everywhere, has no range.
    seen
        Samples that decided something of what is packaged, as `Samples.frame`.
    small
        True: of the rough form.
    training
        Further keys of ``training``.
    """
    return {name: getattr(recipe, name) for name in _KEPT} | {
        "title": name_form(recipe, small=small),
        "architecture": architecture,
        "inputs": [
            one.model_dump() | {"training_range": _open_range(ranges.get(one.name))}
            for one in recipe.inputs
        ],
        "quality": [one.model_dump() for one in recipe.list_limits()],
        "table": None if recipe.columns == SampleColumns() else recipe.columns,
        "target": None if recipe.target == Target() else recipe.target,
        "trained_on": describe_training(seen),
        "metrics": judgement.describe(),
        "training": {
            "command": f"smmap train {recipe.name} --table TABLE" + (" --small" if small else ""),
            "seed": recipe.seed,
            "smmap": __version__,
            "data": recipe.data,
            "samples": len(samples.truth),
            "dropped": dict(samples.dropped),
            "target": {
                "mean": round(float(samples.truth.mean()), 4),
                "std": round(float(samples.truth.std()), 4),
            },
            "splits": list(recipe.splits),
            "deviations": list(recipe.deviations),
            "members": {
                one.title: one.model_dump(mode="json", exclude=_OF_TRAINING)
                for one in recipe.members
                if one.title in members
            },
            **training,
        },
    }


def name_form(recipe: TrainingRecipe, *, small: bool) -> str:
    """The recipe's title; of the rough form it says so."""
    return recipe.title + (" (small form)" if small else "")


def _open_range(found: Range | None) -> Range | None:
    return found if found is not None and found[0] < found[1] else None
