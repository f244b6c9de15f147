"""Looks that are left on homogeneous ground after a filter and an average.

Neighbouring pixels share speckle, so a window holds fewer looks than its pixels have together. The
point spread is taken to be Gaussian, with the stated resolution as the full width at half maximum
of its power; speckle of fully developed scatterers then has the intensity autocorrelation
exp(-d^2 / (2 sigma^2)) at a distance d, sigma = resolution / (2 sqrt(ln 2)). Source: the complex
field's correlation is the point spread's own, and that of intensity its squared modulus; Goodman
1976, DOI 10.1364/JOSA.66.001145. For Sentinel-1 IW GRD in high resolution: 4.4 looks, 20.3 m x
22.6 m (range x azimuth) and pixels of 10 m (Sentinel-1 Product Specification, S1-RS-MDA-52-7441).
"""

from __future__ import annotations

import math

import numpy as np

from smmap.features.array import Doubles


def compute_effective_looks(
    looks: float,
    window: int,
    factor: int,
    pixel_m: float,
    cell_m: tuple[float, float],
    *,
    kept: float = 0.0,
) -> float:
    """Equivalent looks after a speckle filter and an average over cells, on homogeneous ground.

    looks / ((1 - kept) / n_both + kept / n_cell): n_both counts the independent pixels of the
    window mean averaged over the cell, n_cell those of the cell. It follows from
    m + k (power - m), m the window's mean, if k is independent of both and kept is the mean of
    k^2; and for the multi-temporal filter from its relative error to first order.

    Parameters
    ----------
    looks : float
        Equivalent number of looks of one pixel.
    window : int
        Side of the filter's window, pixels; 1 without a filter.
    factor : int
        Pixels a side of the cell that is averaged after the filter; 1 without averaging.
    pixel_m : float
        Pixel spacing, metres.
    cell_m : (float, float)
        Spatial resolution in range and azimuth, metres.
    kept : float
        Share of a pixel's own speckle variance that the filter leaves: 0 for a window mean,
        1 / dates for ``filter_quegan``, ``compute_lee_kept`` for ``filter_lee``.

    Returns
    -------
    float
        Squared mean over variance of what is left.
    """
    cell = np.ones(factor)
    both = np.convolve(np.ones(window), cell)
    share = (1.0 - kept) / _count(both, pixel_m, cell_m)
    return looks / (share + kept / _count(cell, pixel_m, cell_m))


def compute_lee_kept(
    looks: float, window: int, pixel_m: float, cell_m: tuple[float, float]
) -> float:
    """Mean square of the gain k of ``filter_lee`` on homogeneous ground.

    There k would be 0, were the window's variance known; its estimate scatters, and where it
    exceeds the speckle's, the filter takes speckle for texture. With c = 1 / looks the squared
    coefficient of variation of a window has, to first order in 1 / n (delta method, gamma
    distributed power), mean c - c (1 + c) / n_1 and variance 2 c^2 (1 + c) / n_2, so that
    k = max(z, 0) with z normal, mean -1 / n_1 and variance 2 / ((1 + c) n_2). n_1 counts the
    window's independent pixels by the autocorrelation of power, n_2 by its square: the error of
    that coefficient is the second Laguerre polynomial of power, whose correlation is the square
    of the first's.

    Parameters and meaning as in ``compute_effective_looks``.
    """
    weights, noise = np.ones(window), 1.0 / looks
    mean = -1.0 / _count(weights, pixel_m, cell_m)
    variance = 2.0 / ((1.0 + noise) * _count(weights, pixel_m, cell_m, order=2))
    spread = math.sqrt(variance)
    below = 0.5 * (1.0 + math.erf(mean / spread / math.sqrt(2.0)))
    density = math.exp(-0.5 * mean**2 / variance) / math.sqrt(2.0 * math.pi)
    return (mean**2 + variance) * below + mean * spread * density


def _count(weights: Doubles, pixel_m: float, cell_m: tuple[float, float], order: int = 1) -> float:
    """Independent pixels in a separable weighted mean, by the ``order``-th power of correlation."""
    lag = np.arange(1 - len(weights), len(weights))
    pairs = np.convolve(weights, weights[::-1]) / weights.sum() ** 2
    count = 1.0
    for resolution in cell_m:
        sigma = resolution / pixel_m / (2.0 * math.sqrt(math.log(2.0)))
        count /= float((pairs * np.exp(-order * lag**2 / (2.0 * sigma**2))).sum())
    return count
