"""Errors of three independent estimates when none of them is the truth (extra ``validate``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from smmap.features.array import Doubles
from smmap.spec.errors import InsituError
from smmap.validation.bootstrap import LEAST_GROUPS, Bootstrap, find_limits
from smmap.validation.samples import name_sites, need_columns

LEAST_TRIPLETS = 100
"""Fewer give errors of the errors that are as large as these."""


@dataclass(frozen=True)
class TripleCollocation:
    """Of each of the three estimates, in the order they were given.

    Gruber et al. 2016, doi:10.1016/j.jag.2015.09.002: errors are independent of each other and of
    the truth, and each estimate is linear in the truth. NaN where the covariances contradict that.
    """

    error: tuple[float, float, float]
    """Standard deviation of the random error, m3/m3, in the scale of the first."""
    signal_to_noise_db: tuple[float, float, float]
    """Variance of the signal by that of the error, dB."""
    scale: tuple[float, float, float]
    """What multiplies an estimate to bring it to the scale of the first."""


def collocate(
    first: Doubles, second: Doubles, third: Doubles, least: int = LEAST_TRIPLETS
) -> TripleCollocation:
    """Estimate the errors of three estimates of the same soil moisture.

    Parameters
    ----------
    first, second, third
        (n,) m3/m3, same places and times; triplets with a NaN are left out.

    Raises
    ------
    InsituError
        If shapes differ, fewer than ``least`` triplets remain, an estimate does not vary, or
        pytesmo is missing.
    """
    try:
        from pytesmo.metrics.tcol import tcol_metrics
    except ModuleNotFoundError as error:
        missing = error.name
    else:
        columns = [np.asarray(one, np.float64) for one in (first, second, third)]
        if len({one.shape for one in columns}) > 1:
            raise InsituError("triple collocation: three arrays of one length are needed")
        triplets = np.stack(columns)
        triplets = triplets[:, np.isfinite(triplets).all(axis=0)]
        if triplets.shape[1] < least:
            raise InsituError(
                f"triple collocation: {triplets.shape[1]} triplets, {least} are needed"
            )
        if (np.ptp(triplets, axis=1) == 0).any():
            raise InsituError("triple collocation: an estimate is the same everywhere")
        with np.errstate(invalid="ignore", divide="ignore"):
            noise_db, error_std, scale = tcol_metrics(*triplets)
        return TripleCollocation(_three(error_std), _three(noise_db), _three(scale))
    raise InsituError(f"triple collocation needs '{missing}': pip install 'smmap[validate]'")


def collocate_columns(
    samples: pd.DataFrame, columns: Sequence[str], bootstrap: Bootstrap | None = None
) -> pd.DataFrame:
    """Errors of three columns of a table, with intervals from resampling whole stations.

    Parameters
    ----------
    samples
        With network, station and the columns, m3/m3; rows that lack one of the three are left out.
    columns
        Three; errors are in the scale of the first.

    Returns
    -------
    DataFrame
        ``column``, ``count`` (triplets), ``error`` and ``signal_to_noise_db``, each with ``_low``
        and ``_high``.

    Raises
    ------
    InsituError
        If a column is missing or holds something else than numbers, or `collocate` refuses.
    """
    need_columns(samples, columns, "triple collocation")
    if len(set(columns)) != 3:
        raise InsituError(f"triple collocation takes three columns, not {', '.join(columns)}")
    triplets = samples[list(columns)].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    complete = np.isfinite(triplets).all(axis=1)
    triplets, sites = triplets[complete], name_sites(samples)[complete]
    first, second, third = triplets.T
    whole = collocate(first, second, third)
    rows_of = [np.flatnonzero(sites == one) for one in sorted(sites.unique())]
    plan = bootstrap or Bootstrap()
    draws = plan.draws if len(rows_of) >= LEAST_GROUPS else 0
    rng = np.random.default_rng(plan.seed)
    drawn = np.full((max(draws, 1), 2, 3), np.nan)
    for number in range(draws):
        chosen = rng.integers(0, len(rows_of), len(rows_of))
        some = triplets[np.concatenate([rows_of[one] for one in chosen])]
        first, second, third = some.T
        found = collocate(first, second, third, least=0)
        drawn[number] = found.error, found.signal_to_noise_db
    rows = []
    for i, name in enumerate(columns):
        row: dict[str, Any] = {"column": name, "count": len(triplets)}
        for j, score in enumerate(("error", "signal_to_noise_db")):
            low, high = find_limits(drawn[:, j, i], plan.level)
            row |= {score: getattr(whole, score)[i], f"{score}_low": low, f"{score}_high": high}
        rows.append(row)
    return pd.DataFrame(rows)


def _three(values: Doubles) -> tuple[float, float, float]:
    first, second, third = (float(one) for one in values)
    return first, second, third
