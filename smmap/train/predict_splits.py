"""What members predict of rows that they were not trained on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smmap.features.array import Doubles
from smmap.spec.training import TrainingRecipe
from smmap.train.ensemble import fit_ensemble
from smmap.train.importance import group_inputs, shuffle_each
from smmap.train.samples import Samples
from smmap.validation.schemes import find_groups
from smmap.validation.split import Ints, Split

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tested:
    """Predictions of all samples by a scheme; NaN where none of its splits tests a sample."""

    predicted: Doubles
    """(n, 2 + members) m3/m3: members together, each of them, the mean of the training rows."""
    shuffled: dict[str, Doubles]
    """Inputs -> (n,) what the members together predict when these are shuffled."""


def predict_splits(
    recipe: TrainingRecipe,
    samples: Samples,
    splits: Sequence[Split],
    checkpoints: Path | None,
    *,
    shuffles: bool = False,
    adapts: bool = False,
) -> Tested:
    """Fit on the training rows of each split and predict its test rows.

    Parameters
    ----------
    shuffles
        True: the test rows are predicted with each input shuffled among them, too.
    adapts
        True: training rows of few groups are cut into fewer inner folds; else they are refused.

    Raises
    ------
    InsituError
        If training rows have fewer groups than folds are needed within them.
    """
    predicted = np.full((len(samples.truth), 2 + len(recipe.members)), np.nan)
    steps = recipe.history.overpasses if recipe.history else 1
    groups = group_inputs(recipe.inputs, steps) if shuffles else {}
    shuffled = np.full((len(samples.truth), len(groups)), np.nan)
    for split in splits:
        logger.info("%s, %s: %d rows to train on", split.scheme, split.part, len(split.train))
        fitting = _fit_to(recipe, samples, split.train) if adapts else recipe
        ensemble = fit_ensemble(fitting, samples, split, checkpoints)
        each = ensemble.predict_each(samples.rows[split.test])
        mean = np.full(len(each), samples.truth[split.train].mean())
        predicted[split.test] = np.column_stack([ensemble.combine(each), each, mean])
        if shuffles:
            rows = samples.rows[split.test]
            shuffled[split.test] = shuffle_each(ensemble, rows, groups, recipe.seed)
    return Tested(predicted, dict(zip(groups, shuffled.T, strict=True)))


def _fit_to(recipe: TrainingRecipe, samples: Samples, rows: Ints) -> TrainingRecipe:
    """The recipe with folds that so few training rows can give; of one row nothing is tuned."""
    if recipe.tuning.on_test_rows and recipe.combine == "given":
        return recipe  # nothing is found within the training rows
    groups = find_groups(samples.frame, recipe.inner).iloc[rows].nunique()
    if groups > 1:
        return recipe.model_copy(update={"inner_folds": min(recipe.inner_folds, groups)})
    if len(rows) > 1:
        folds = min(recipe.inner_folds, len(rows))
        return recipe.model_copy(update={"inner": "random", "inner_folds": folds})
    members = tuple(one.model_copy(update={"tune": {}}) for one in recipe.members)
    return recipe.model_copy(update={"members": members, "combine": "given"})
