"""Members fitted on some rows, and what each of them counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from smmap.features.array import Doubles
from smmap.fit.fitted import Fitted, Lesson, Rows
from smmap.fit.member import fit_member
from smmap.fit.tune import tune_member
from smmap.spec.training import TrainingRecipe
from smmap.spec.training_member import MemberSpec
from smmap.train.samples import Samples
from smmap.train.weights import compute_weights, search_weights
from smmap.validation.nested import nest_folds, predict_unseen
from smmap.validation.schemes import find_groups
from smmap.validation.split import Ints, Split


@dataclass(frozen=True)
class FittedMember:
    """A member as it was fitted."""

    spec: MemberSpec
    """With the options that were found."""
    fitted: Fitted
    """Itself."""
    weight: float
    """Of the ensemble; all sum to 1; 0: it does not count."""


@dataclass(frozen=True)
class Ensemble:
    """Members and their weights."""

    members: tuple[FittedMember, ...]
    """In the recipe's order."""

    def predict_each(self, rows: Rows) -> Doubles:
        """(n, members) m3/m3."""
        return np.column_stack([one.fitted.predict(rows) for one in self.members])

    def combine(self, predicted: Doubles) -> Doubles:
        """(n,) m3/m3 from what each member predicts."""
        return np.asarray(predicted @ np.array([one.weight for one in self.members]))


@dataclass(frozen=True)
class _School:
    """Fits members on rows of the samples."""

    recipe: TrainingRecipe
    samples: Samples
    checkpoints: Path | None

    def fit(self, spec: MemberSpec, rows: Ints) -> Fitted:
        """A member that has seen these rows."""
        samples = self.samples
        groups = find_groups(samples.frame, self.recipe.inner).iloc[rows]
        lesson = Lesson(
            samples.rows[rows],
            samples.truth[rows],
            groups,
            steps=self.recipe.history.overpasses if self.recipe.history else 1,
            inputs=self.recipe.inputs,
            radiometry=self.recipe.radiometry,
        )
        return fit_member(spec, lesson, self.recipe.seed, self.checkpoints)

    def predict_unseen(self, folds: Sequence[Split], spec: MemberSpec) -> tuple[Ints, Doubles]:
        """Rows that folds test, and what a member that has not seen them makes of them."""

        def fit_predict(train: Ints, test: Ints) -> Doubles:
            return self.fit(spec, train).predict(self.samples.rows[test])

        return predict_unseen(folds, fit_predict)


def fit_ensemble(
    recipe: TrainingRecipe, samples: Samples, split: Split, checkpoints: Path | None = None
) -> Ensemble:
    """Tune, weigh and fit all members on the training rows of a split.

    Its test rows are not looked at, except where ``tuning.on_test_rows`` says so.

    Raises
    ------
    InsituError
        If the training rows have fewer groups than folds are needed within them.
    ConfigError
        If a library is missing.
    """
    school = _School(recipe, samples, checkpoints)
    inner = nest_training_rows(recipe, samples, split)
    folds = [split] if recipe.tuning.on_test_rows else inner
    tuned = [_tune(school, folds, spec) for spec in recipe.members]
    weights = _weigh(school, inner, tuned)
    return Ensemble(
        tuple(
            FittedMember(spec, school.fit(spec, split.train), weight)
            for spec, weight in zip(tuned, weights, strict=True)
        )
    )


def nest_training_rows(recipe: TrainingRecipe, samples: Samples, split: Split) -> tuple[Split, ...]:
    """Folds of a split's training rows, where something is to be found by them.

    Raises
    ------
    InsituError
        If they have fewer groups than folds.
    """
    tunes = any(spec.tune for spec in recipe.members) and not recipe.tuning.on_test_rows
    if recipe.combine == "given" and not tunes:
        return ()
    groups: pd.Series = find_groups(samples.frame, recipe.inner)
    return nest_folds([split], groups, recipe.inner_folds, seed=recipe.seed)[0].inner


def _tune(school: _School, folds: Sequence[Split], spec: MemberSpec) -> MemberSpec:
    def score(tried: MemberSpec) -> float:
        rows, predicted = school.predict_unseen(folds, tried)
        return float(np.sqrt(np.mean((predicted - school.samples.truth[rows]) ** 2)))

    return tune_member(spec, school.recipe.tuning, score, school.recipe.seed)


def _weigh(school: _School, inner: Sequence[Split], specs: Sequence[MemberSpec]) -> Doubles:
    counted = np.array([spec.packaged for spec in specs])
    weights = np.where(counted, [spec.weight for spec in specs], 0.0)
    if school.recipe.combine != "given" and counted.sum() > 1:
        found = [
            school.predict_unseen(inner, spec)
            for spec, counts in zip(specs, counted, strict=True)
            if counts
        ]
        truth = school.samples.truth[found[0][0]]
        predicted = np.column_stack([one for _, one in found])
        match school.recipe.combine:
            case "weighted":
                weights[counted] = compute_weights(predicted, truth)
            case "searched":
                weights[counted] = search_weights(predicted, truth, school.recipe.seed)
            case _:
                errors = np.mean((predicted - truth[:, None]) ** 2, axis=0)
                weights[counted] = np.arange(len(errors)) == np.argmin(errors)
    return np.asarray(weights / weights.sum())
