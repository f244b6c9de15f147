"""A cubic spline in time through what each pixel has, at the overpass."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Doubles, Floats


def compute_spline(
    values: Floats, age_days: Doubles, widest_gap_days: float
) -> NDArray[np.float32]:
    """The natural cubic spline through each pixel's valid values, at age 0.

    Two values make a straight line. Values of one age count as their mean.

    Parameters
    ----------
    values : float array (t, y, x)
        NaN where a step has no value: the spline goes through the others.
    age_days : float64 array (t,)
        Step minus overpass; in any order.
    widest_gap_days
        Neighbours around the overpass that are further apart give no value.

    Returns
    -------
    float32 array (y, x)
        NaN where the overpass is not between (or at) two valid values.

    References
    ----------
    de Boor, A Practical Guide to Splines, 1978, chapter IV.
    """
    ages, merged = _merge_equal_ages(values, age_days)
    flat = merged.reshape(len(ages), math.prod(values.shape[1:]))
    times, heights, count = _close_gaps(flat, ages)
    at = _find_interval(times, count)
    safe = np.minimum(at + 1, np.maximum(count - 1, 0))
    pixels = np.arange(flat.shape[1])
    bends = _solve_bends(times, heights, count)
    before, after = times[at, pixels], times[safe, pixels]
    width = after - before
    exact = before == 0
    inside = (count > 0) & (exact | ((before < 0) & (after >= 0) & (width <= widest_gap_days)))
    width = np.where(width > 0, width, 1.0)
    left, right = after / width, -before / width
    value = (
        left * heights[at, pixels]
        + right * heights[safe, pixels]
        + ((left**3 - left) * bends[at, pixels] + (right**3 - right) * bends[safe, pixels])
        * (width * width / 6.0)
    )
    found = np.where(exact, heights[at, pixels], value)
    return np.where(inside, found, np.nan).astype(np.float32).reshape(values.shape[1:])


def _merge_equal_ages(values: Floats, age_days: Doubles) -> tuple[Doubles, Doubles]:
    """In the order of time, each age once; of several values their mean."""
    ages, members = np.unique(age_days, return_inverse=True)
    merged = np.full((len(ages), *values.shape[1:]), np.nan)
    for one in range(len(ages)):
        steps = np.flatnonzero(members == one)
        total, count = np.zeros(values.shape[1:]), np.zeros(values.shape[1:])
        for step in steps:
            seen = np.isfinite(values[step])
            total += np.where(seen, values[step], 0.0)
            count += seen
        np.divide(total, count, out=merged[one], where=count > 0)
    return ages, merged


def _close_gaps(flat: Doubles, ages: Doubles) -> tuple[Doubles, Doubles, NDArray[np.intp]]:
    """Each pixel's valid steps first, in order: times and values (t, pixels), and how many."""
    valid = np.isfinite(flat)
    if not len(ages):
        return np.zeros((1, flat.shape[1])), np.zeros((1, flat.shape[1])), valid.sum(axis=0)
    order = np.argsort(~valid, axis=0, kind="stable")
    heights = np.take_along_axis(np.where(valid, flat, 0.0), order, axis=0)
    return ages[order], heights, valid.sum(axis=0)


def _find_interval(times: Doubles, count: NDArray[np.intp]) -> NDArray[np.intp]:
    """Number of the last valid step that is not after the overpass; 0 where there is none."""
    steps = np.arange(len(times))[:, np.newaxis]
    passed: NDArray[np.intp] = ((times <= 0) & (steps < count)).sum(axis=0)
    return np.maximum(passed, 1) - 1


def _solve_bends(times: Doubles, heights: Doubles, count: NDArray[np.intp]) -> Doubles:
    """Second derivatives at the steps, zero at both ends: Thomas' algorithm, all pixels at once."""
    bends = np.zeros_like(heights)
    upper, right = np.zeros_like(heights), np.zeros_like(heights)
    for step in range(1, len(times) - 1):
        inner = step < count - 1
        here = np.where(inner, times[step] - times[step - 1], 1.0)
        ahead = np.where(inner, times[step + 1] - times[step], 1.0)
        slope = (heights[step + 1] - heights[step]) / ahead
        slope -= (heights[step] - heights[step - 1]) / here
        pivot = 2.0 * (here + ahead) - here * upper[step - 1]
        upper[step] = np.where(inner, ahead / pivot, 0.0)
        right[step] = np.where(inner, (6.0 * slope - here * right[step - 1]) / pivot, 0.0)
    for step in range(len(times) - 2, 0, -1):
        bends[step] = right[step] - upper[step] * bends[step + 1]
    return bends
