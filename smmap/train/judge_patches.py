"""What a network with windows is worth: fitted and scored by every split."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smmap.spec.errors import ConfigError
from smmap.spec.training import TrainingRecipe
from smmap.spec.training_member import TwoBranch
from smmap.spec.windows import SizedWindows, Windows
from smmap.train.fit_patches import Course, FittedPatches
from smmap.train.judge import BASELINE, COMBINED, RANDOM, list_splits
from smmap.train.patch_samples import PatchSamples
from smmap.validation.bootstrap import Bootstrap, score_with_intervals
from smmap.validation.flattery import Flattery
from smmap.validation.samples import PREDICTED, TRUTH, name_sites
from smmap.validation.schemes import warn_of_random
from smmap.validation.scores import SCORE_NAMES, compute_scores
from smmap.validation.split import Split
from smmap.validation.stratify import average_over_stations

logger = logging.getLogger(__name__)

_OF_STATIONS = "model, mean of stations"


@dataclass(frozen=True)
class PatchJudgement:
    """Predictions of samples that were not trained on, and the network that is packaged."""

    fitted: FittedPatches
    """Of the first part of the split that counts: what is packaged is what was judged."""
    scheme: str
    """By what that was split."""
    predictions: pd.DataFrame
    """Rows of the samples once for each scheme, with ``scheme`` and ``predicted``."""
    metrics: Mapping[str, Any]
    """Scheme -> ``model``, its mean over stations, ``mean`` -> score -> value and its limits."""
    flattery: Flattery | None
    """What a random split flatters by, where there is one and another."""


def judge_patches(
    recipe: TrainingRecipe, samples: PatchSamples, *, draws: int, checkpoints: Path | None
) -> PatchJudgement:
    """Fit and score by each of the recipe's splits.

    Parameters
    ----------
    draws
        Resamples of stations for the intervals.
    checkpoints
        Folder that fits are kept in.

    Raises
    ------
    InsituError
        If a split cannot be made of these samples.
    """
    main = next((one for one in recipe.splits if one != RANDOM), recipe.splits[0])
    tables: dict[str, pd.DataFrame] = {}
    chosen: FittedPatches | None = None
    for scheme in recipe.splits:
        parts: list[pd.DataFrame] = []
        for split in list_splits(recipe, samples.samples, scheme):
            logger.info("%s, %s: %d patches to train on", scheme, split.part, len(split.train))
            fitted = fit_split(recipe, samples, split, checkpoints)
            chosen = fitted if scheme == main and not parts else chosen
            parts.append(_tabulate(samples, split, fitted))
        tables[scheme] = pd.concat(parts, ignore_index=True)
    if chosen is None:
        raise ConfigError(f"recipe '{recipe.name}': 'splits' gave no part to train on")
    flattery = _compare(tables, main)
    if RANDOM in tables:
        warn_of_random(flattery)
    metrics = {scheme: _score(table, draws) for scheme, table in tables.items()}
    return PatchJudgement(
        chosen, main, pd.concat(tables.values(), ignore_index=True), metrics, flattery
    )


def fit_split(
    recipe: TrainingRecipe, samples: PatchSamples, split: Split, checkpoints: Path | None
) -> FittedPatches:
    """Fit on a split's training rows, which also say what stands in gaps."""
    spec = get_member(recipe)
    fills = {name: mean for name, (mean, _, _) in samples.measure(split.train).items()}
    windows = size_windows(samples.windows, spec, fills)
    return Course(spec, samples, split, windows, recipe.seed).fit(checkpoints)


def get_member(recipe: TrainingRecipe) -> TwoBranch:
    """The recipe's network.

    Raises
    ------
    ConfigError
        If it has none.
    """
    spec = recipe.members[0]
    if not isinstance(spec, TwoBranch):
        raise ConfigError(f"recipe '{recipe.name}': '{spec.title}' looks at no windows")
    return spec


def size_windows(windows: Windows, spec: TwoBranch, fills: Mapping[str, float]) -> SizedWindows:
    """The recipe's windows as wide as the network looks, with fills."""
    from smmap.patchnet.network import compute_windows

    sizes = compute_windows(spec.features)
    branches = [
        one.model_dump() | {"window": size, "fills": {name: fills[name] for name in one.inputs}}
        for one, size in zip(windows.branches, sizes, strict=True)
    ]
    return SizedWindows.parse(windows.model_dump() | {"branches": branches}, "windows")


def _tabulate(samples: PatchSamples, split: Split, fitted: FittedPatches) -> pd.DataFrame:
    one = samples.samples
    mean = one.truth[split.train].mean()
    columns = {PREDICTED: fitted.predict(samples, split.test), f"{PREDICTED} {BASELINE}": mean}
    return one.frame.iloc[split.test].assign(scheme=split.scheme, **columns)


def _score(table: pd.DataFrame, draws: int) -> dict[str, Any]:
    truth = table[TRUTH].to_numpy(np.float64)
    found: dict[str, Any] = {}
    for name, column in ((COMBINED, PREDICTED), (BASELINE, f"{PREDICTED} {BASELINE}")):
        predicted = table[column].to_numpy(np.float64)
        scored = score_with_intervals(predicted, truth, name_sites(table), Bootstrap(draws))
        found[name] = {"count": scored.scores.count, "stations": scored.groups} | {
            score: _round(getattr(scored.scores, score), *scored.intervals[score])
            for score in SCORE_NAMES
        }
    row = average_over_stations(table, bootstrap=Bootstrap(draws)).iloc[0]
    found[_OF_STATIONS] = {"count": int(row["count"]), "stations": int(row["stations"])} | {
        score: _round(row[score], row[f"{score}_low"], row[f"{score}_high"])
        for score in SCORE_NAMES
    }
    return found


def _round(*values: float) -> list[float | None]:
    return [round(float(one), 4) if np.isfinite(one) else None for one in values]


def _compare(tables: Mapping[str, pd.DataFrame], main: str) -> Flattery | None:
    if RANDOM not in tables or main == RANDOM:
        return None
    one, other = (
        compute_scores(tables[name][PREDICTED].to_numpy(float), tables[name][TRUTH].to_numpy(float))
        for name in (RANDOM, main)
    )
    return Flattery(one, other, main)
