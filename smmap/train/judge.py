"""What a recipe's model is worth: fitted and scored by every split."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smmap.features.array import Doubles
from smmap.spec.errors import InsituError
from smmap.spec.training import TrainingRecipe
from smmap.train.ensemble import Ensemble, fit_ensemble
from smmap.train.samples import Samples
from smmap.validation.bootstrap import Bootstrap, score_with_intervals
from smmap.validation.flattery import Flattery
from smmap.validation.folds import split_into_folds
from smmap.validation.samples import PREDICTED, TRUTH, name_sites
from smmap.validation.schemes import find_groups, make_splits, warn_of_random
from smmap.validation.scores import SCORE_NAMES, compute_scores
from smmap.validation.split import Split

logger = logging.getLogger(__name__)

RANDOM = "random"
COMBINED = "model"
"""The members together, among the names of what is scored."""
BASELINE = "mean"
"""The mean of the training rows: who does not beat it has learnt nothing."""


@dataclass(frozen=True)
class Judgement:
    """Predictions of rows that were not trained on."""

    predictions: pd.DataFrame
    """Rows of the samples once for each scheme, with ``scheme``, ``predicted``, and a column of
    each member's own predictions."""
    metrics: Mapping[str, Any]
    """Scheme -> ``model``, members and ``mean`` -> score -> value and its limits, for the card."""
    importance: pd.Series | None
    """Input -> growth of the RMSE when it is shuffled, m3/m3, by the scheme that counts."""
    flattery: Flattery | None
    """What a random split flatters by, where there is one and another."""


def judge(
    recipe: TrainingRecipe,
    samples: Samples,
    *,
    draws: int = 1000,
    checkpoints: Path | None = None,
) -> Judgement:
    """Fit and score by each of the recipe's splits.

    Parameters
    ----------
    draws
        Resamples of stations for the intervals.
    checkpoints
        Folder that networks keep theirs in.

    Raises
    ------
    InsituError
        If a split cannot be made of these samples.
    """
    splits = {scheme: list_splits(recipe, samples, scheme) for scheme in recipe.splits}
    main = next((scheme for scheme in recipe.splits if scheme != RANDOM), None)
    tables, metrics = [], {}
    importance: pd.Series | None = None
    for scheme, parts in splits.items():
        predicted, growth = _predict(recipe, samples, parts, checkpoints, shuffles=scheme == main)
        importance = growth if scheme == main else importance
        table = _tabulate(recipe, samples, scheme, predicted)
        metrics[scheme] = _score(table, [COMBINED, *_titles(recipe), BASELINE], draws)
        tables.append(table)
    flattery = _compare(tables, recipe.splits, main)
    if RANDOM in splits:
        warn_of_random(flattery)
    return Judgement(pd.concat(tables, ignore_index=True), metrics, importance, flattery)


def list_splits(recipe: TrainingRecipe, samples: Samples, scheme: str) -> list[Split]:
    """The splits of a scheme; the warning of a random one waits until it can be measured.

    Raises
    ------
    InsituError
        If a column is missing or there are too few groups.
    """
    if scheme == RANDOM:
        rows = find_groups(samples.frame, RANDOM)
        return split_into_folds(rows, recipe.folds, scheme=RANDOM, seed=recipe.seed)
    return make_splits(samples.frame, scheme, folds=recipe.folds, seed=recipe.seed)


def _titles(recipe: TrainingRecipe) -> list[str]:
    return [spec.title for spec in recipe.members]


def _predict(
    recipe: TrainingRecipe,
    samples: Samples,
    splits: list[Split],
    checkpoints: Path | None,
    *,
    shuffles: bool,
) -> tuple[Doubles, pd.Series | None]:
    """What the members together, and each of them, predict of every tested row; NaN elsewhere."""
    predicted = np.full((len(samples.truth), 2 + len(recipe.members)), np.nan)
    shuffled = np.full((len(samples.truth), len(recipe.inputs)), np.nan)
    for split in splits:
        logger.info("%s, %s: %d rows to train on", split.scheme, split.part, len(split.train))
        ensemble = fit_ensemble(recipe, samples, split, checkpoints)
        each = ensemble.predict_each(samples.rows[split.test])
        mean = np.full(len(each), samples.truth[split.train].mean())
        predicted[split.test] = np.column_stack([ensemble.combine(each), each, mean])
        if shuffles:
            shuffled[split.test] = _shuffle(ensemble, samples.rows[split.test], recipe)
    if not shuffles:
        return predicted, None
    tested = ~np.isnan(predicted[:, 0])
    before, *after = (
        float(np.sqrt(np.mean((column[tested] - samples.truth[tested]) ** 2)))
        for column in np.column_stack([predicted[:, 0], shuffled]).T
    )
    growth = [rmse - before for rmse in after]
    return predicted, pd.Series(growth, index=[one.name for one in recipe.inputs])


def _shuffle(ensemble: Ensemble, rows: np.ndarray, recipe: TrainingRecipe) -> Doubles:
    """Predictions with each input's values, of all steps, exchanged among the rows, (n, inputs)."""
    order = np.random.default_rng(recipe.seed).permutation(len(rows))
    width = rows.shape[1] // (recipe.history.overpasses if recipe.history else 1)
    columns = []
    for i in range(len(recipe.inputs)):
        changed = rows.copy()
        changed[:, i::width] = rows[order, i::width]
        columns.append(ensemble.combine(ensemble.predict_each(changed)))
    return np.column_stack(columns)


def _tabulate(
    recipe: TrainingRecipe, samples: Samples, scheme: str, predicted: Doubles
) -> pd.DataFrame:
    names = [PREDICTED, *(f"predicted {one}" for one in (*_titles(recipe), BASELINE))]
    columns = {name: predicted[:, i] for i, name in enumerate(names)}
    table = samples.frame.assign(scheme=scheme, **columns)
    return table[table[PREDICTED].notna()].reset_index(drop=True)


def _score(table: pd.DataFrame, names: list[str], draws: int) -> dict[str, Any]:
    if table.empty:
        raise InsituError("no sample was tested, so that nothing can be scored")
    truth = table[TRUTH].to_numpy(np.float64)
    found: dict[str, Any] = {}
    for name in names:
        column = PREDICTED if name == COMBINED else f"predicted {name}"
        scored = score_with_intervals(
            table[column].to_numpy(np.float64), truth, name_sites(table), Bootstrap(draws)
        )
        rounded: dict[str, Any] = {"count": scored.scores.count, "stations": scored.groups}
        for score in SCORE_NAMES:
            low, high = scored.intervals[score]
            values = (getattr(scored.scores, score), low, high)
            rounded[score] = [round(float(one), 4) if np.isfinite(one) else None for one in values]
        found[name] = rounded
    return found


def _compare(
    tables: list[pd.DataFrame], schemes: tuple[str, ...], main: str | None
) -> Flattery | None:
    of = dict(zip(schemes, tables, strict=True))
    if main is None or RANDOM not in of:
        return None
    one, other = (
        compute_scores(of[name][PREDICTED].to_numpy(float), of[name][TRUTH].to_numpy(float))
        for name in (RANDOM, main)
    )
    return Flattery(one, other, main)
