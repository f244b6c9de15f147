"""Rows that show where an export differs from its model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from smmap.fit.fitted import Fitted, Rows

PROBES = 100_000
"""Rows that an export is compared over, at least."""
_HUGE = np.float32(3e38)
_TINY = np.float32(1e-45)


def draw_within(ranges: NDArray[np.float32], count: int, seed: int, wider: float = 0.0) -> Rows:
    """Rows drawn evenly within the ranges.

    Parameters
    ----------
    ranges
        (inputs, 2) smallest and largest of each input, scaled as the model takes it.
    wider
        By how many widths the ranges are stretched at both ends.
    """
    low, high = ranges[:, 0].astype(np.float64), ranges[:, 1].astype(np.float64)
    width = np.maximum(high - low, 1e-6)
    drawn = np.random.default_rng(seed).random((count, len(ranges)))
    return np.asarray(low - wider * width + drawn * (1 + 2 * wider) * width, dtype=np.float32)


def draw_probes(fitted: Fitted, ranges: NDArray[np.float32], seed: int) -> Rows:
    """Rows within and beyond the ranges.

    For trees also at their thresholds, at the ends of float32, and with inputs missing.

    Parameters
    ----------
    fitted
        Who is probed.
    ranges
        (inputs, 2), as `draw_within` takes them.

    Returns
    -------
    ndarray
        (`PROBES` or more, inputs).
    """
    inside = draw_within(ranges, PROBES // 2, seed)
    beyond = draw_within(ranges, PROBES // 4, seed + 1, wider=1.0)
    if not fitted.is_trees:
        return np.concatenate([inside, beyond, draw_within(ranges, PROBES // 4, seed + 2)])
    edges = _put_on_thresholds(inside[: PROBES // 4], fitted.list_thresholds(), seed)
    odd = _make_odd(inside[: PROBES // 20], seed)
    return np.concatenate([inside, beyond, edges, odd])


def _put_on_thresholds(
    rows: Rows, thresholds: Mapping[int, NDArray[np.float32]], seed: int
) -> Rows:
    """Each value on a threshold of its input, or the float32 next to it."""
    rng = np.random.default_rng(seed)
    found = rows.copy()
    for feature, values in thresholds.items():
        chosen = rng.choice(values, len(rows))
        towards = rng.choice(np.array([-np.inf, 0, np.inf], np.float32), len(rows))
        found[:, feature] = np.where(towards == 0, chosen, np.nextafter(chosen, towards))
    return found


def _make_odd(rows: Rows, seed: int) -> Rows:
    """Some values missing, and some the ends of what there is."""
    rng = np.random.default_rng(seed + 3)
    ends = np.array([0, -0.0, _TINY, -_TINY, _HUGE, -_HUGE], np.float32)
    extreme = np.where(rng.random(rows.shape) < 0.3, rng.choice(ends, rows.shape), rows)
    missing = np.where(rng.random(rows.shape) < rng.random((len(rows), 1)), np.nan, rows)
    missing[0] = np.nan
    both = np.where(rng.random(rows.shape) < 0.3, np.nan, extreme)
    return np.concatenate([extreme, missing, both]).astype(np.float32)
