"""Decibels and linear power: dB is for people and models, everything else is done in power."""

from __future__ import annotations

import numpy as np

from smmap.features.array import Doubles, Floats


def to_db(power: Floats) -> Doubles:
    """10 log10(power).

    Parameters
    ----------
    power : float array, any shape
        Linear power; NaN is nodata.

    Returns
    -------
    float64 array, same shape
        Decibels; NaN where power is NaN or not positive, for which no decibel value exists.
    """
    linear = np.asarray(power)
    positive = linear > 0
    if not positive.all():
        linear = np.where(positive, linear, np.nan)
    db = np.asarray(np.log10(linear, dtype=np.float64))
    db *= 10.0
    return db


def to_power(db: Floats) -> Doubles:
    """10^(db / 10).

    Parameters
    ----------
    db : float array, any shape
        Decibels; NaN is nodata.

    Returns
    -------
    float64 array, same shape
        Linear power; NaN where nodata.
    """
    return np.asarray(np.power(10.0, np.asarray(db, dtype=np.float64) / 10.0))
