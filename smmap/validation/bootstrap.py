"""Confidence intervals that know that readings of one station are not independent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from smmap.features.array import Doubles
from smmap.validation.scores import Scores, compute_scores, compute_sums, score_sums
from smmap.validation.split import number_groups

LEAST_GROUPS = 2
_CHUNK = 4_000_000
"""Draws held in memory at once."""


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made: percentiles over draws of whole groups with replacement.

    Efron and Tibshirani 1993, doi:10.1007/978-1-4899-4541-9; of clusters, Field and Welsh 2007,
    doi:10.1111/j.1467-9868.2007.00593.x.
    """

    draws: int = 1000
    """Resamples; 0: no intervals."""
    level: float = 0.95
    """Share of resamples within the interval."""
    seed: int = 0
    """The same seed gives the same interval."""


@dataclass(frozen=True)
class ScoresWithIntervals:
    """Scores, and for each of them its lower and upper limit."""

    scores: Scores
    """Of all samples."""
    groups: int
    """That were resampled."""
    intervals: Mapping[str, tuple[float, float]]
    """By score; NaN with fewer than two groups: nothing can be said of other stations then."""


def score_with_intervals(
    predicted: Doubles, truth: Doubles, groups: pd.Series, bootstrap: Bootstrap | None = None
) -> ScoresWithIntervals:
    """Scores of all samples, with intervals by resampling whole groups.

    Parameters
    ----------
    predicted, truth
        (n,) m3/m3; a prediction may be NaN.
    groups
        (n,) name of each sample's station, or of what else is independent.

    Raises
    ------
    InsituError
        If a truth is NaN, shapes differ, or a sample has no group.
    """
    plan = bootstrap or Bootstrap()
    scores = compute_scores(predicted, truth)
    codes, count = number_groups(groups, str(groups.name))
    sums = compute_sums(predicted, truth)
    of_group = np.zeros((count, sums.shape[1]))
    np.add.at(of_group, codes, sums)
    of_group = of_group[of_group[:, 0] > 0]
    limits = _resample(of_group, plan)
    return ScoresWithIntervals(scores, len(of_group), limits)


def resample_sums(of_group: Doubles, plan: Bootstrap) -> Doubles:
    """Sums over draws of as many groups as there are, shape (draws, k).

    Parameters
    ----------
    of_group
        (groups, k) what each group adds.
    """
    rng = np.random.default_rng(plan.seed)
    count = len(of_group)
    chances = np.full(count, 1 / count)
    at_once = max(1, _CHUNK // count)
    return np.concatenate(
        [
            rng.multinomial(count, chances, size=min(at_once, plan.draws - done)) @ of_group
            for done in range(0, plan.draws, at_once)
        ]
    )


def find_limits(values: Doubles, level: float) -> tuple[float, float]:
    """Percentiles that hold the share ``level`` of draws; NaN without any that is known."""
    known = values[~np.isnan(values)]
    if not known.size:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _resample(of_group: Doubles, plan: Bootstrap) -> dict[str, tuple[float, float]]:
    """Limits of each score."""
    names = score_sums(np.zeros(of_group.shape[1]))
    if len(of_group) < LEAST_GROUPS or not plan.draws:
        return dict.fromkeys(names, (float("nan"), float("nan")))
    drawn = score_sums(resample_sums(of_group, plan))
    return {name: find_limits(values, plan.level) for name, values in drawn.items()}
