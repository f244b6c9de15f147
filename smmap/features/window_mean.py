"""Means over a span of time, of a series whose steps last for a while."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Doubles, Floats

LEAST_SHARE_OF_DAY = 0.5
"""A day of which less is known has no mean."""
_ROUNDING = 1e-9


def compute_mean(
    values: Floats, age_days: Doubles, step_days: Doubles, span: tuple[float, float], least: float
) -> NDArray[np.float32]:
    """Mean over a span; each step counts for as long as it lasts within the span.

    sum(v_i L_i) / sum(L_i) over the steps with a value, L_i being the length of what the step
    [age - step/2, age + step/2] has in common with the span.

    Parameters
    ----------
    values : float array (t, y, x)
        NaN where a step has no value: it counts for nothing.
    age_days : float64 array (t,)
        Middle of each step minus the overpass.
    step_days : float64 array (t,)
        How long each step lasts.
    span
        First and last age, days.
    least
        Share of the span, 0..1, that steps with a value must fill; where steps overlap (two
        satellites), the share of all of them.

    Returns
    -------
    float32 array (y, x)
        In the units of ``values``; NaN where too little is known.
    """
    lengths = np.minimum(age_days + step_days / 2, span[1]) - np.maximum(
        age_days - step_days / 2, span[0]
    )
    # Step by step, in the order of time: a sum over an axis may group by the array's shape.
    total, known, whole = np.zeros(values.shape[1:]), np.zeros(values.shape[1:]), 0.0
    for step in np.argsort(age_days, kind="stable"):
        if lengths[step] <= 0:
            continue
        seen = np.isfinite(values[step])
        total += np.where(seen, values[step], 0.0) * lengths[step]
        known += np.where(seen, lengths[step], 0.0)
        whole += lengths[step]
    enough = (known > 0) & (known >= least * max(whole, span[1] - span[0]) - _ROUNDING)
    mean = np.full(known.shape, np.nan)
    np.divide(total, known, out=mean, where=enough)
    return mean.astype(np.float32)


def compute_day_mean(
    values: Floats, age_days: Doubles, step_days: Doubles, since_midnight_days: float
) -> NDArray[np.float32]:
    """Mean over the UTC day of the overpass, of which at least half must be known.

    Parameters as of ``compute_mean``; ``since_midnight_days`` is how far into its UTC day the
    overpass is, 0..1.
    """
    day = (-since_midnight_days, 1.0 - since_midnight_days)
    return compute_mean(values, age_days, step_days, day, LEAST_SHARE_OF_DAY)
