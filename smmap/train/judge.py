"""What a recipe's model is worth: fitted and scored by every split."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smmap.features.array import Doubles
from smmap.spec.errors import InsituError
from smmap.spec.training import TrainingRecipe
from smmap.spec.training_scenarios import REGIONAL, SCENARIOS
from smmap.train.ablation import leave_out, list_ablations
from smmap.train.ensemble import nest_training_rows
from smmap.train.judgement import BASELINE, COMBINED, Growths, Judgement
from smmap.train.learning_curves import fit_curves
from smmap.train.predict_splits import predict_splits
from smmap.train.samples import Samples
from smmap.validation.bootstrap import Bootstrap, score_with_intervals
from smmap.validation.flattery import Flattery
from smmap.validation.folds import split_into_folds
from smmap.validation.growth import compare_errors
from smmap.validation.orbits import ORBIT, compare_orbits
from smmap.validation.revisit import compute_revisit
from smmap.validation.samples import PREDICTED, TRUTH, name_sites
from smmap.validation.scenarios import check_regions
from smmap.validation.schemes import (
    ALL_SCHEMES,
    RANDOM,
    find_groups,
    make_splits,
    warn_of_random,
)
from smmap.validation.scores import SCORE_NAMES, compute_scores
from smmap.validation.split import Split

logger = logging.getLogger(__name__)


def judge(
    recipe: TrainingRecipe,
    samples: Samples,
    *,
    draws: int = 1000,
    checkpoints: Path | None = None,
    ablation: bool = False,
) -> Judgement:
    """Fit and score by each of the recipe's splits.

    Parameters
    ----------
    draws
        Resamples of stations for the intervals.
    checkpoints
        Folder that networks keep theirs in.
    ablation
        True: also without each source in turn, whatever the recipe says.

    Raises
    ------
    InsituError
        If the split that counts cannot be made of these samples.
    """
    bootstrap = Bootstrap(draws)
    splits = find_splits(recipe, samples)
    _check_before(recipe, samples, splits)
    main = recipe.main_split
    tables, metrics = {}, {}
    found: dict[str, Any] = {}
    for scheme, parts in splits.items():
        tested = predict_splits(
            recipe, samples, parts, checkpoints, shuffles=scheme == main, adapts=scheme != main
        )
        tables[scheme] = _tabulate(recipe, samples, scheme, tested.predicted)
        metrics[scheme] = score_table(
            tables[scheme], [COMBINED, *_titles(recipe), BASELINE], bootstrap
        )
        if scheme == main:
            whole = tested.predicted[:, 0]
            found["importance"] = compare_growths(samples, whole, tested.shuffled, bootstrap)
            without = {
                name: predict_splits(*leave_out(recipe, samples, left), parts, checkpoints)
                for name, left in list_ablations(recipe, sources=ablation).items()
            }
            alone = {name: one.predicted[:, 0] for name, one in without.items()}
            found["ablation"] = compare_growths(samples, whole, alone, bootstrap) or None
            found |= judge_orbits(tables[scheme], bootstrap)
    flattery = find_flattery(tables, main)
    if RANDOM in splits:
        warn_of_random(flattery)
    curves = fit_curves(recipe, samples, checkpoints)
    predictions = pd.concat(tables.values(), ignore_index=True)
    return Judgement(predictions, metrics, curves=curves, flattery=flattery, **found)


def _check_before(recipe: TrainingRecipe, samples: Samples, splits: dict[str, list[Split]]) -> None:
    """What the table is too small for is said before anything is fitted."""
    if REGIONAL in recipe.splits:
        check_regions(samples.frame, recipe.scenarios)
    for part in splits.get(recipe.main_split or "", ()):
        nest_training_rows(recipe, samples, part)


def find_splits(recipe: TrainingRecipe, samples: Samples) -> dict[str, list[Split]]:
    """Scheme -> its splits, of those that the samples can give.

    One that keeps together what an earlier one does, as cells that hold a station each, is not
    made again.

    Raises
    ------
    InsituError
        If the first, the one that counts, or one by a column of the table's own cannot be made.
    """
    found: dict[str, list[Split]] = {}
    seen: dict[bytes, str] = {}
    for scheme in recipe.splits:
        if scheme in SCENARIOS:
            continue
        try:
            splits = list_splits(recipe, samples, scheme)
        except InsituError as error:
            if scheme in (recipe.main_split, recipe.splits[0]) or scheme not in ALL_SCHEMES:
                raise
            logger.warning("not judged: %s", error)
            continue
        twin = seen.setdefault(_identify(samples, scheme), scheme)
        if twin == scheme:
            found[scheme] = splits
        else:
            logger.info("not judged by %s, which keeps together what %s does", scheme, twin)
    return found


def _identify(samples: Samples, scheme: str) -> bytes:
    """The same for schemes that keep the same rows together in folds."""
    if scheme not in ("station", "cell", "network"):
        return scheme.encode()
    return pd.factorize(find_groups(samples.frame, scheme))[0].tobytes()


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


def compare_growths(
    samples: Samples, whole: Doubles, others: dict[str, Doubles], bootstrap: Bootstrap
) -> Growths:
    """How the error grows from the whole model's predictions to each of the others."""
    sites = name_sites(samples.frame)
    return {
        name: compare_errors(whole, other, samples.truth, sites, bootstrap)
        for name, other in others.items()
    }


def judge_orbits(table: pd.DataFrame, bootstrap: Bootstrap) -> dict[str, Any]:
    """``orbits`` and ``revisit`` of a judgement, as far as the table has what they need."""
    if ORBIT not in table.columns:
        return {}
    found: dict[str, Any] = {"orbits": compare_orbits(table, bootstrap)}
    return found | ({"revisit": compute_revisit(table)} if "time" in table.columns else {})


def _tabulate(
    recipe: TrainingRecipe, samples: Samples, scheme: str, predicted: Doubles
) -> pd.DataFrame:
    names = [PREDICTED, *(f"predicted {one}" for one in (*_titles(recipe), BASELINE))]
    columns = {name: predicted[:, i] for i, name in enumerate(names)}
    table = samples.frame.assign(scheme=scheme, **columns)
    return table[table[PREDICTED].notna()].reset_index(drop=True)


def score_table(table: pd.DataFrame, names: list[str], bootstrap: Bootstrap) -> dict[str, Any]:
    """Scores of what is named, with their limits, for the card.

    Raises
    ------
    InsituError
        If there is no row.
    """
    if table.empty:
        raise InsituError("no sample was tested, so that nothing can be scored")
    truth = table[TRUTH].to_numpy(np.float64)
    found: dict[str, Any] = {}
    for name in names:
        column = PREDICTED if name == COMBINED else f"predicted {name}"
        scored = score_with_intervals(
            table[column].to_numpy(np.float64), truth, name_sites(table), bootstrap
        )
        rounded: dict[str, Any] = {"count": scored.scores.count, "stations": scored.groups}
        for score in SCORE_NAMES:
            low, high = scored.intervals[score]
            values = (getattr(scored.scores, score), low, high)
            rounded[score] = [round(float(one), 4) if np.isfinite(one) else None for one in values]
        found[name] = rounded
    return found


def find_flattery(tables: dict[str, pd.DataFrame], main: str | None) -> Flattery | None:
    """What a random split flatters by, where there is one beside the main one."""
    if main is None or RANDOM not in tables:
        return None
    one, other = (
        compute_scores(table[PREDICTED].to_numpy(float), table[TRUTH].to_numpy(float))
        for table in (tables[RANDOM], tables[main])
    )
    return Flattery(one, other, main)
