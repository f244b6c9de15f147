"""The mean of a day's overpasses."""

from __future__ import annotations

import numpy as np

from smmap.product.merge_rule import Doubles, Merged, Observations, find_candidates
from smmap.spec.quality import QUALITY_NODATA


def merge_mean(observations: Observations) -> Merged:
    """Each cell's mean over its best overpasses, with equal weights.

    Flags are those that any of the overpasses that entered has (bitwise or), the time is the mean
    time. The uncertainty is that of a mean of independent errors, sqrt(sum of squares) / n: what
    the overpasses' errors have in common (model, vegetation, soil) does not average out, so it is
    a lower bound. It is NaN where one that entered does not state its own.
    """
    one, chosen = observations, find_candidates(observations)
    valued = chosen & one.valued
    count = valued.sum(axis=0)
    squares = np.where(valued, one.sm_uncertainty, 0.0) ** 2
    bits = np.where(chosen, one.sm_quality, 0).astype(np.uint16)
    return Merged(
        sm=_divide(_add(np.where(valued, one.sm, 0.0)), count),
        sm_uncertainty=_divide(np.sqrt(_add(squares)), count),
        sm_quality=np.where(
            chosen.any(axis=0), np.bitwise_or.reduce(bits, axis=0), QUALITY_NODATA
        ).astype(np.uint16),
        time_s=_divide(_add(np.where(valued, one.time_s, 0.0)), count),
    )


def _add(values: Doubles) -> Doubles:
    """Sum over the overpasses, smallest first: in an order of its own, not in theirs."""
    total: Doubles = np.zeros(values.shape[1:])
    for layer in np.sort(values, axis=0):
        total = total + layer
    return total


def _divide(total: Doubles, count: np.ndarray) -> Doubles:
    quotient: Doubles = np.full(total.shape, np.nan)
    np.divide(total, count, out=quotient, where=count > 0)
    return quotient
