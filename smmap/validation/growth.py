"""By how much one prediction errs more than another of the same samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from smmap.features.array import Doubles
from smmap.validation.bootstrap import LEAST_GROUPS, Bootstrap, find_limits, resample_sums
from smmap.validation.split import number_groups


@dataclass(frozen=True)
class Growth:
    """RMSE of the second prediction less that of the first, m3/m3; above 0: the second is worse."""

    value: float
    """Of all samples."""
    low: float
    """Lower limit; NaN with fewer than two groups."""
    high: float
    """Upper limit."""


def compare_errors(
    first: Doubles,
    second: Doubles,
    truth: Doubles,
    groups: pd.Series,
    bootstrap: Bootstrap | None = None,
) -> Growth:
    """How the RMSE grows from one prediction to the other, with an interval.

    Both are resampled together by whole groups, so that what makes a station hard for either of
    them does not widen the interval.

    Parameters
    ----------
    first, second, truth
        (n,) m3/m3; samples that lack one of the predictions do not count.
    groups
        (n,) name of each sample's station.

    Raises
    ------
    InsituError
        If a sample has no group.
    """
    plan = bootstrap or Bootstrap()
    codes, count = number_groups(groups, str(groups.name))
    given = ~(np.isnan(first) | np.isnan(second))
    errors = np.where(given, np.stack([first - truth, second - truth]), 0.0)
    of_group = np.zeros((count, 3))
    np.add.at(of_group, codes, np.column_stack([given, *(errors**2)]))
    of_group = of_group[of_group[:, 0] > 0]
    value = float(_grow(of_group.sum(axis=0)))
    if len(of_group) < LEAST_GROUPS or not plan.draws:
        return Growth(value, float("nan"), float("nan"))
    return Growth(value, *find_limits(_grow(resample_sums(of_group, plan)), plan.level))


def _grow(sums: Doubles) -> Doubles:
    count, one, other = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sqrt(other / count) - np.sqrt(one / count))
