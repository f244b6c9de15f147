"""What a model card asks to be done to a feature last."""

from __future__ import annotations

import math

import numpy as np

from smmap.features.array import Doubles, Floats
from smmap.spec.card import (
    CyclicScaling,
    LogScaling,
    MinMaxScaling,
    NoScaling,
    Scaling,
    StandardScaling,
)


def compute_scaled(values: Floats, scaling: Scaling) -> Doubles:
    """Apply one scaling.

    Parameters
    ----------
    values : float array, any shape
        A feature in its own units; NaN is nodata.
    scaling : Scaling
        As the model card states it.

    Returns
    -------
    float64 array, same shape
        NaN where ``values`` is NaN or, for logarithms, ``factor x values + 1`` is not positive.
        Values outside the scaling's bounds are not clipped.
    """
    x = np.asarray(values, dtype=np.float64)
    match scaling:
        case NoScaling():
            return x
        case MinMaxScaling(low=low, high=high, to=(first, last)):
            return (x - low) / (high - low) * (last - first) + first
        case StandardScaling(mean=mean, std=std):
            return (x - mean) / std
        case LogScaling():
            return _compute_log(x, scaling)
        case CyclicScaling(period=period, part=part):
            angle = x * (2.0 * math.pi / period)
            return np.sin(angle) if part == "sin" else np.cos(angle)


def _compute_log(x: Doubles, scaling: LogScaling) -> Doubles:
    argument = scaling.factor * x + 1.0
    positive = argument > 0
    logarithm = np.where(positive, np.log(np.where(positive, argument, 1.0)), np.nan)
    z = (logarithm - scaling.mean) / scaling.std
    if not scaling.sigmoid:
        return z
    return np.asarray(1.0 / (1.0 + np.exp(scaling.shift - scaling.gain * z)))
