"""Sums over a square window around each pixel, nodata left out.

Explicit weights instead of running sums: a pixel's result depends on its own window alone, so
that every cut of an array gives the same bits.

SciPy is imported where it is used: most runs need none of it, as the kernel in C filters without
it, and its import takes a tenth of a process's start.
"""

from __future__ import annotations

import numpy as np

from smmap.features.array import Bools, Doubles


def compute_halo(window: int) -> int:
    """Pixels that a window of odd side ``window`` reaches beyond its centre."""
    return window // 2


def compute_window_sum(values: Doubles, valid: Bools, window: int) -> Doubles:
    """Sum of the valid values of each pixel's window.

    Parameters
    ----------
    values : float64 array (y, x)
        Any value where not valid.
    valid : bool array (y, x)
        Which pixels enter.
    window : int
        Odd side, pixels; beyond the array nothing is valid.

    Returns
    -------
    float64 array (y, x)
        0 where no pixel of the window is valid.
    """
    total = np.where(valid, values, 0.0)
    if window > 1:
        from scipy.ndimage import correlate1d

        weights = np.ones(window)
        for axis in (0, 1):
            total = correlate1d(total, weights, axis=axis, mode="constant", cval=0.0)
    return total


def compute_window_count(valid: Bools, window: int) -> Doubles:
    """How many values ``compute_window_sum`` adds up; parameters as there."""
    if valid.all():
        from scipy.ndimage import correlate1d

        ones = (np.ones(size) for size in valid.shape)
        rows, cols = (correlate1d(one, np.ones(window), mode="constant", cval=0.0) for one in ones)
        return np.asarray(np.multiply.outer(rows, cols))
    return compute_window_sum(np.ones(valid.shape), valid, window)


def compute_window_mean(
    values: Doubles, valid: Bools, window: int, count: Doubles | None = None
) -> Doubles:
    """Mean of the valid values of each pixel's window; NaN where there is none.

    Parameters as in ``compute_window_sum``; ``count`` is ``compute_window_count``'s, if it is
    there already.
    """
    total = compute_window_sum(values, valid, window)
    count = compute_window_count(valid, window) if count is None else count
    mean = np.full(values.shape, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean
