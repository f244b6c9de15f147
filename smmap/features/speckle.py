"""Speckle filters in linear power.

Each needs a halo of ``window // 2`` pixels (``compute_halo``) to give the same bits for every
cut of an array. Nodata never enters an average, and a pixel without a value gets none.
"""

from __future__ import annotations

import numpy as np

from smmap.features.array import Doubles, Floats
from smmap.features.native import HAS_KERNEL
from smmap.features.window import compute_halo, compute_window_count, compute_window_mean

if HAS_KERNEL:
    from smmap.features import _kernel

__all__ = [
    "compute_halo",
    "filter_boxcar",
    "filter_lee",
    "filter_lee_plainly",
    "filter_quegan",
]


def filter_boxcar(power: Floats, window: int) -> Doubles:
    """Mean of the window.

    Parameters
    ----------
    power : float array (y, x)
        Linear power; NaN or infinite is nodata. Noise-corrected power may be zero or negative
        and then enters as it is: leaving it out would bias dark ground upwards.
    window : int
        Odd side, pixels.

    Returns
    -------
    float64 array (y, x)
        NaN where ``power`` is nodata.
    """
    values = np.asarray(power, dtype=np.float64)
    valid = np.isfinite(values)
    return np.where(valid, compute_window_mean(values, valid, window), np.nan)


def filter_lee(
    power: Floats, window: int, looks: float, *, single: bool = False, margin: int = 0
) -> Floats:
    """Lee's local-statistics filter for multiplicative noise: m + k (power - m).

    k = q / (q + cu^2 m^2), q = max((variance + m^2) / (1 + cu^2) - m^2, 0), cu^2 = 1 / looks;
    m and variance are those of the window. Source: Lee 1980, DOI 10.1109/TPAMI.1980.4766994.

    Parameters
    ----------
    power : float array (y, x)
        Linear power; NaN or infinite is nodata.
    window : int
        Odd side, pixels.
    looks : float
        Equivalent number of looks of one pixel.
    single
        Whether to round to single precision: for values that are not averaged any more.
    margin : int
        Pixels on each side that are left out of what is returned.

    Returns
    -------
    float64 or float32 array (y - 2 margin, x - 2 margin)
        NaN where ``power`` is nodata.
    """
    dtype = np.float32 if single else np.float64
    height, width = power.shape
    inner = np.s_[margin : height - margin, margin : width - margin]
    if not HAS_KERNEL or power.dtype != np.float32:
        return filter_lee_plainly(power, window, looks)[inner].astype(dtype, copy=False)
    filtered = np.empty(power[inner].shape, dtype)
    if power.strides[1] != power.itemsize or power.strides[0] < width * power.itemsize:
        power = np.ascontiguousarray(power)
    _kernel.filter_lee(power, window, 1.0 / looks, 0, filtered)
    return filtered


def filter_lee_plainly(power: Floats, window: int, looks: float) -> Doubles:
    """``filter_lee`` in NumPy and SciPy: the same bits, several times slower."""
    values = np.asarray(power, dtype=np.float64)
    valid = np.isfinite(values)
    count = compute_window_count(valid, window)
    mean = compute_window_mean(values, valid, window, count)
    square = compute_window_mean(np.where(valid, values, 0.0) ** 2, valid, window, count)
    noise = 1.0 / looks
    signal = np.maximum(square / (1.0 + noise) - mean**2, 0.0)
    spread = signal + noise * mean**2
    gain = np.divide(signal, spread, out=np.zeros(values.shape), where=spread > 0)
    return np.where(valid, mean + gain * (np.where(valid, values, 0.0) - mean), np.nan)


def filter_quegan(powers: Floats, window: int) -> Doubles:
    """Quegan and Yu's multi-temporal filter, for the last date: m_last / N sum(I_i / m_i).

    m_i is the window mean of date i; a date enters a pixel where it has a value there and its
    mean is positive; N counts these dates. Source: Quegan and Yu 2001, DOI 10.1109/36.964973
    (uncorrelated dates, equal looks).

    Parameters
    ----------
    powers : float array (dates, y, x)
        Linear power of one relative orbit, the date to be filtered last; NaN is nodata.
    window : int
        Odd side, pixels.

    Returns
    -------
    float64 array (y, x)
        The last date, filtered; NaN where it is nodata.
    """
    ratios = np.zeros(powers.shape[1:])
    count = np.zeros(powers.shape[1:])
    mean = np.full(powers.shape[1:], np.nan)
    valid = np.zeros(powers.shape[1:], dtype=np.bool_)
    for date in powers:
        values = np.asarray(date, dtype=np.float64)
        valid = np.isfinite(values)
        mean = compute_window_mean(values, valid, window)
        used = valid & (mean > 0)
        ratios += np.divide(values, mean, out=np.zeros(values.shape), where=used)
        count += used
    share = np.divide(ratios, count, out=np.full(count.shape, np.nan), where=count > 0)
    # Where the last date's own mean is not positive, no ratio can restore its texture.
    return np.where(valid, np.where(mean > 0, mean * share, mean), np.nan)
