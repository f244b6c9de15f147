"""Learning curves of a recipe: fitted on the training sets of scenarios, scored on all others."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from smmap.spec.errors import InsituError
from smmap.spec.training import TrainingRecipe
from smmap.spec.training_scenarios import REGIONAL, SCENARIOS
from smmap.train.judgement import BASELINE, COMBINED
from smmap.train.predict_splits import predict_splits
from smmap.train.samples import Samples
from smmap.validation.curves import CURVE_SCORES
from smmap.validation.scenarios import Trial, list_trials
from smmap.validation.scores import compute_scores

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
        If networks of the regional scenario are missing.
    """
    rows = []
    for scheme in (one for one in recipe.splits if one in SCENARIOS):
        for trial in _list_possible(recipe, samples, scheme):
            test = trial.split.test
            tested = predict_splits(recipe, samples, [trial.split], checkpoints, adapts=True)
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


def _list_possible(recipe: TrainingRecipe, samples: Samples, scheme: str) -> Iterator[Trial]:
    """Those of a scenario; none, with a warning, of one that the samples cannot give at all."""
    trials = list_trials(samples.frame, scheme, recipe.scenarios, seed=recipe.seed)
    try:
        first = next(trials)
    except InsituError as error:
        if scheme == REGIONAL:  # its networks are named by the recipe
            raise
        logger.warning("no learning curve: %s", error)
        return
    yield first
    yield from trials


def _list_models(recipe: TrainingRecipe) -> list[str]:
    return [COMBINED, *(spec.title for spec in recipe.members), BASELINE]
