"""Learning curves of a recipe: fitted on the training sets of scenarios, scored on all others."""

from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd

from smmap.spec.training import TrainingRecipe
from smmap.spec.training_scenarios import SCENARIOS
from smmap.train.judgement import BASELINE, COMBINED
from smmap.train.predict_splits import predict_splits
from smmap.train.samples import Samples
from smmap.validation.curves import CURVE_SCORES
from smmap.validation.scenarios import list_trials
from smmap.validation.schemes import find_groups
from smmap.validation.scores import compute_scores
from smmap.validation.split import Ints

logger = logging.getLogger(__name__)


def fit_curves(
    recipe: TrainingRecipe, samples: Samples, checkpoints: Path | None
) -> pd.DataFrame | None:
    """Scores of each fit of the scenarios among the recipe's splits; None where there are none.

    Options are tuned for each training set anew, within it (or, with ``tuning.on_test_rows``, on
    what judges it, as Zhu et al. 2025 did).

    Returns
    -------
    DataFrame
        ``scheme``, ``model`` (members together, each member, ``mean``), ``size``, ``repeat``,
        and `curves.CURVE_SCORES`.

    Raises
    ------
    InsituError
        If a column is missing, or the table is too small for every size.
    """
    rows = []
    for scheme in (one for one in recipe.splits if one in SCENARIOS):
        for trial in list_trials(samples.frame, scheme, recipe.scenarios, seed=recipe.seed):
            fitting = _fit_to(recipe, samples, trial.split.train)
            test = trial.split.test
            tested = predict_splits(fitting, samples, [trial.split], checkpoints)
            for model, predicted in zip(_list_models(recipe), tested.predicted.T, strict=True):
                scores = compute_scores(predicted[test], samples.truth[test])
                row = {"scheme": scheme, "model": model, "size": trial.size}
                found = {name: getattr(scores, name) for name in CURVE_SCORES}
                rows.append(row | {"repeat": trial.repeat} | found)
    if not rows:
        return None
    curves = pd.DataFrame(rows)
    # One member alone is the members together.
    return curves if len(recipe.members) > 1 else curves[curves["model"].isin([COMBINED, BASELINE])]


def _list_models(recipe: TrainingRecipe) -> list[str]:
    return [COMBINED, *(spec.title for spec in recipe.members), BASELINE]


def _fit_to(recipe: TrainingRecipe, samples: Samples, rows: Ints) -> TrainingRecipe:
    """The recipe with folds that so few training rows can give; of one row nothing is tuned."""
    groups = find_groups(samples.frame, recipe.inner).iloc[rows].nunique()
    if groups > 1:
        return recipe.model_copy(update={"inner_folds": min(recipe.inner_folds, groups)})
    if len(rows) > 1:
        folds = min(recipe.inner_folds, len(rows))
        return recipe.model_copy(update={"inner": "random", "inner_folds": folds})
    members = tuple(one.model_copy(update={"tune": {}}) for one in recipe.members)
    return recipe.model_copy(update={"members": members, "combine": "given"})
