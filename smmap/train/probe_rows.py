"""Rows that show where an export differs from its model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.export.float32_line import compute_places, compute_values
from smmap.fit.fitted import Fitted, Rows

PROBES = 100_000
"""Rows that an export is compared over, at least."""
_SEARCHED = 2000
"""Pairs of rows between which a step is searched."""
_LARGEST = np.finfo(np.float32).max
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

    For trees also at their thresholds and at the ends of float32; with inputs missing for models
    that take such rows.

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
    some = inside[: PROBES // 20]
    rng = np.random.default_rng(seed + 3)
    if fitted.is_trees:
        odd = _put_ends(some, rng)
        parts = [inside, beyond, _put_on_thresholds(fitted, inside[: PROBES // 4], seed), odd]
    else:
        odd = some
        parts = [inside, beyond, draw_within(ranges, PROBES // 4, seed + 2)]
    if fitted.takes_missing:
        parts += [_drop_some(some, rng), _drop_some(odd, rng)]
    return np.concatenate(parts)


def _put_on_thresholds(fitted: Fitted, rows: Rows, seed: int) -> Rows:
    """Each value on a threshold of its input, or the float32 next to it."""
    thresholds = fitted.list_thresholds()
    rng = np.random.default_rng(seed)
    if not thresholds:
        steps = _search_steps(fitted, rows[:_SEARCHED], rng)
        return np.concatenate([rows, *steps])
    found = rows.copy()
    for feature, values in thresholds.items():
        chosen = rng.choice(values, len(rows))
        towards = rng.choice(np.array([-np.inf, 0, np.inf], np.float32), len(rows))
        found[:, feature] = np.where(towards == 0, chosen, np.nextafter(chosen, towards))
    # A branch that all numbers take has an infinite threshold, which no input meets.
    return np.clip(found, -_LARGEST, _LARGEST)


def _search_steps(fitted: Fitted, rows: Rows, rng: np.random.Generator) -> list[Rows]:
    """Pairs of rows, one float32 apart in one input, between which predictions step.

    By halving, towards the half with the larger difference, from rows that differ in one input.
    """
    every, column = np.arange(len(rows)), rng.integers(0, rows.shape[1], len(rows))
    ends = [rows.copy(), rows.copy()]
    ends[1][every, column] = rows[::-1][every, column]
    values = [fitted.predict(end) for end in ends]
    while True:
        places = [compute_places(end[every, column]) for end in ends]
        middle = rows.copy()
        middle[every, column] = compute_values((places[0] + places[1]) // 2)
        if all((np.abs(places[0] - places[1]) <= 1).tolist()):
            return ends
        value = fitted.predict(middle)
        first = np.abs(value - values[0]) > np.abs(value - values[1])
        ends = [
            np.where(first[:, None], ends[0], middle),
            np.where(first[:, None], middle, ends[1]),
        ]
        values = [np.where(first, values[0], value), np.where(first, value, values[1])]


def _put_ends(rows: Rows, rng: np.random.Generator) -> Rows:
    """Some values at the ends of what there is."""
    ends = np.array([0, -0.0, _TINY, -_TINY, _HUGE, -_HUGE], np.float32)
    return np.where(rng.random(rows.shape) < 0.3, rng.choice(ends, rows.shape), rows)


def _drop_some(rows: Rows, rng: np.random.Generator) -> Rows:
    """Some values missing, of each share of a row, and of the first row all."""
    found = np.where(rng.random(rows.shape) < rng.random((len(rows), 1)), np.nan, rows)
    found[0] = np.nan
    return found.astype(np.float32)
