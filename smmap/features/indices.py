"""Vegetation and water indices of reflectance.

Atmospheric correction leaves negative reflectance on dark ground; a ratio with it is no index (nir
0.012 and red -0.010 would make 11), so there is none.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from smmap.features.array import Bools, Doubles, Floats
from smmap.features.native import HAS_KERNEL

if HAS_KERNEL:
    from smmap.features import _kernel


def compute_normalised_difference(first: Floats, second: Floats) -> Doubles:
    """(first - second) / (first + second).

    Parameters
    ----------
    first, second : float arrays, same shape
        Reflectance 0..1; NaN is nodata.

    Returns
    -------
    float64 array
        -1..1; NaN where an input is NaN or negative, or both are zero.
    """
    if not _suits_kernel(first, second):
        return compute_difference_plainly(first, second)
    return _fill(_kernel.normalised_difference, first, second)


def compute_difference_plainly(first: Floats, second: Floats) -> Doubles:
    """``compute_normalised_difference`` in NumPy: the same bits, slower."""
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    return _divide(one - two, one + two, (one >= 0) & (two >= 0))


def compute_ndvi(nir: Floats, red: Floats) -> Doubles:
    """Normalised difference vegetation index, (nir - red) / (nir + red).

    Source: Tucker 1979, DOI 10.1016/0034-4257(79)90013-0. Inputs and nodata as in
    ``compute_normalised_difference``.
    """
    return compute_normalised_difference(nir, red)


def compute_ndmi(nir: Floats, swir16: Floats) -> Doubles:
    """Normalised difference moisture index, (nir - swir16) / (nir + swir16).

    Source: Wilson and Sader 2002, DOI 10.1016/S0034-4257(01)00318-2. Inputs and nodata as in
    ``compute_normalised_difference``.
    """
    return compute_normalised_difference(nir, swir16)


def compute_evi(nir: Floats, red: Floats, blue: Floats) -> Doubles:
    """Enhanced vegetation index, 2.5 (nir - red) / (nir + 6 red - 7.5 blue + 1).

    Source: Huete et al. 2002, DOI 10.1016/S0034-4257(02)00096-2.

    Parameters
    ----------
    nir, red, blue : float arrays, same shape
        Reflectance 0..1; NaN is nodata.

    Returns
    -------
    float64 array
        NaN where an input is NaN or negative, or the denominator is not positive.
    """
    if not _suits_kernel(nir, red, blue):
        return compute_evi_plainly(nir, red, blue)
    return _fill(_kernel.evi, nir, red, blue)


def compute_evi_plainly(nir: Floats, red: Floats, blue: Floats) -> Doubles:
    """``compute_evi`` in NumPy: the same bits, slower."""
    n, r, b = (np.asarray(one, dtype=np.float64) for one in (nir, red, blue))
    return _divide(2.5 * (n - r), n + 6.0 * r - 7.5 * b + 1.0, (n >= 0) & (r >= 0) & (b >= 0))


def _divide(numerator: Doubles, denominator: Doubles, physical: Bools) -> Doubles:
    with np.errstate(all="ignore"):
        return np.where(physical & (denominator > 0), numerator / denominator, np.nan)


def _suits_kernel(*bands: Floats) -> bool:
    return HAS_KERNEL and all(one.dtype == np.float32 and one.ndim == 2 for one in bands)


def _fill(compute: Callable[..., None], *bands: Floats) -> Doubles:
    """What the kernel makes of bands."""
    found = np.empty(bands[0].shape)
    compute(*(np.ascontiguousarray(one) for one in bands), found)
    return found
