"""Joins a time series to an overpass by a named rule."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Doubles, Floats
from smmap.features.harmonic import compute_harmonic
from smmap.features.spline import compute_spline
from smmap.features.temporal import compute_median, compute_nearest
from smmap.features.window_mean import compute_day_mean, compute_mean
from smmap.spec.join import DayMean, Harmonic, Join, Mean, Nearest, Spline, Window

Joined = tuple[NDArray[np.float32], NDArray[np.float32]]


def join_series(
    values: Floats,
    age_days: Doubles,
    step_days: Doubles,
    join: Join,
    since_midnight_days: float = 0.0,
) -> Joined:
    """What a series gives for an overpass, each pixel by itself.

    Parameters
    ----------
    values : float array (t, y, x)
        In any order of time; NaN where a step has no value.
    age_days : float64 array (t,)
        Middle of each step minus the overpass.
    step_days : float64 array (t,)
        How long each step lasts.
    join
        The rule; steps beyond its span take no part.
    since_midnight_days
        How far into its UTC day the overpass is, 0..1; only ``day-mean`` asks.

    Returns
    -------
    values : float32 array (y, x)
        In the units given; NaN where the rule gives none.
    age_days : float32 array (y, x)
        Of the nearest step with a value; NaN where ``values`` is.
    """
    span = _find_span(join, since_midnight_days)
    lasting = step_days / 2 if isinstance(join, Mean | DayMean) else np.zeros_like(step_days)
    near = (age_days + lasting >= span[0]) & (age_days - lasting <= span[1])
    values, age_days, step_days = values[near], age_days[near], step_days[near]
    valid = np.isfinite(values)
    nearest, age = compute_nearest(values[:, np.newaxis], valid, age_days)
    match join:
        case Nearest():
            joined = nearest[0]
        case Mean():
            joined = compute_mean(values, age_days, step_days, span, join.least_share)
        case DayMean():
            joined = compute_day_mean(values, age_days, step_days, since_midnight_days)
        case Spline():
            joined = compute_spline(values, age_days, join.widest_gap_days)
        case Harmonic():
            joined = compute_harmonic(values, age_days, step_days, join)
        case _:
            joined = compute_median(values[:, np.newaxis], valid, age_days)[0][0]
    return joined, np.where(np.isfinite(joined), age, np.float32(np.nan))


def _find_span(join: Join, since_midnight_days: float) -> tuple[float, float]:
    if isinstance(join, Window):
        return -join.days_before, join.days_after
    return -since_midnight_days, 1.0 - since_midnight_days
