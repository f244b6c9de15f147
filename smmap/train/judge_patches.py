"""What a network with windows is worth: fitted and scored by every split."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
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
from smmap.train.judge import (
    compare_growths,
    find_flattery,
    judge_orbits,
    list_splits,
    score_table,
)
from smmap.train.judgement import BASELINE, COMBINED, Judgement
from smmap.train.patch_samples import PatchSamples
from smmap.train.patch_worth import compute_worth
from smmap.validation.bootstrap import Bootstrap
from smmap.validation.neighbours import describe_neighbours
from smmap.validation.samples import PREDICTED
from smmap.validation.schemes import RANDOM, is_random, warn_of_random
from smmap.validation.scores import SCORE_NAMES
from smmap.validation.split import Ints, Split
from smmap.validation.stratify import average_over_stations

logger = logging.getLogger(__name__)

_OF_STATIONS = "model, mean of stations"


@dataclass(frozen=True)
class JudgedPatches:
    """What judging found, and the network that is packaged."""

    judgement: Judgement
    """Predictions of samples that were not trained on, and what follows from them."""
    fitted: FittedPatches
    """Of the first part of the split that counts: what is packaged is what was judged."""
    scheme: str
    """By what that was split."""
    seen: Ints
    """Samples that it was fitted on, or that chose its weights."""


def judge_patches(
    recipe: TrainingRecipe,
    samples: PatchSamples,
    *,
    draws: int,
    checkpoints: Path | None,
    ablation: bool = False,
) -> JudgedPatches:
    """Fit and score by each of the recipe's splits.

    Parameters
    ----------
    draws
        Resamples of stations for the intervals.
    checkpoints
        Folder that fits are kept in.
    ablation
        True: also without each source in turn, by the split that counts: a fit for each.

    Raises
    ------
    InsituError
        If a split cannot be made of these samples.
    """
    main = next((one for one in recipe.splits if not is_random(one)), recipe.splits[0])
    tables: dict[str, pd.DataFrame] = {}
    of_main: list[tuple[Split, FittedPatches]] = []

    def fit(those: PatchSamples, split: Split) -> FittedPatches:
        logger.info("%s, %s: %d patches to train on", split.scheme, split.part, len(split.train))
        return fit_split(recipe, those, split, checkpoints)

    for scheme in recipe.splits:
        splits = list_splits(recipe, samples.samples, scheme)
        judged = [(split, fit(samples, split)) for split in splits]
        parts = [_tabulate(samples, split, fitted) for split, fitted in judged]
        tables[scheme] = pd.concat(parts, ignore_index=True)
        of_main = judged if scheme == main else of_main
    if not of_main:
        raise ConfigError(f"recipe '{recipe.name}': 'splits' gave no part to train on")
    bootstrap = Bootstrap(draws)
    worth = compute_worth(recipe, samples, of_main, fit, ablation=ablation)
    importance, without = (
        compare_growths(samples.samples, worth.whole, one, bootstrap) or None
        for one in (worth.exchanged, worth.without)
    )
    flattery = find_flattery(tables, main)
    if RANDOM in tables:
        warn_of_random(flattery)
    judgement = Judgement(
        pd.concat(tables.values(), ignore_index=True),
        {scheme: _score(table, bootstrap) for scheme, table in tables.items()},
        importance=importance,
        ablation=without,
        flattery=flattery,
        neighbours=_count_neighbours(samples, [split for split, _ in of_main]),
        **judge_orbits(tables[main], bootstrap),
    )
    first, fitted = of_main[0]
    seen = np.concatenate([first.train, first.validation])
    return JudgedPatches(judgement, fitted, main, seen)


def _count_neighbours(samples: PatchSamples, splits: Sequence[Split]) -> str:
    return describe_neighbours(samples.samples.frame, splits, samples.windows.patch_m)


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


def _score(table: pd.DataFrame, bootstrap: Bootstrap) -> dict[str, Any]:
    found = score_table(table, [COMBINED, BASELINE], bootstrap)
    row = average_over_stations(table, bootstrap=bootstrap).iloc[0]
    found[_OF_STATIONS] = {"count": int(row["count"]), "stations": int(row["stations"])} | {
        score: [_round(row[f"{score}{limit}"]) for limit in ("", "_low", "_high")]
        for score in SCORE_NAMES
    }
    return found


def _round(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
