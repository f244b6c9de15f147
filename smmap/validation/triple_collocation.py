"""Errors of three independent estimates when none of them is the truth (extra ``validate``)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smmap.features.array import Doubles
from smmap.spec.errors import InsituError

LEAST_TRIPLETS = 100
"""Fewer give errors of the errors that are as large as these."""


@dataclass(frozen=True)
class TripleCollocation:
    """Of each of the three estimates, in the order they were given.

    Gruber et al. 2016, doi:10.1016/j.jag.2015.09.002: errors are independent of each other and of
    the truth, and each estimate is linear in the truth. NaN where the covariances contradict that.
    """

    error: tuple[float, float, float]
    """Standard deviation of the random error, m3/m3, in the scale of the first."""
    signal_to_noise_db: tuple[float, float, float]
    """Variance of the signal by that of the error, dB."""
    scale: tuple[float, float, float]
    """What multiplies an estimate to bring it to the scale of the first."""


def collocate(
    first: Doubles, second: Doubles, third: Doubles, least: int = LEAST_TRIPLETS
) -> TripleCollocation:
    """Estimate the errors of three estimates of the same soil moisture.

    Parameters
    ----------
    first, second, third
        (n,) m3/m3, same places and times; triplets with a NaN are left out.

    Raises
    ------
    InsituError
        If shapes differ, fewer than ``least`` triplets remain, an estimate does not vary, or
        pytesmo is missing.
    """
    try:
        from pytesmo.metrics.tcol import tcol_metrics
    except ModuleNotFoundError as error:
        missing = error.name
    else:
        columns = [np.asarray(one, np.float64) for one in (first, second, third)]
        if len({one.shape for one in columns}) > 1:
            raise InsituError("triple collocation: three arrays of one length are needed")
        triplets = np.stack(columns)
        triplets = triplets[:, np.isfinite(triplets).all(axis=0)]
        if triplets.shape[1] < least:
            raise InsituError(
                f"triple collocation: {triplets.shape[1]} triplets, {least} are needed"
            )
        if (np.ptp(triplets, axis=1) == 0).any():
            raise InsituError("triple collocation: an estimate is the same everywhere")
        noise_db, error_std, scale = tcol_metrics(*triplets)
        return TripleCollocation(_three(error_std), _three(noise_db), _three(scale))
    raise InsituError(f"triple collocation needs '{missing}': pip install 'smmap[validate]'")


def _three(values: Doubles) -> tuple[float, float, float]:
    first, second, third = (float(one) for one in values)
    return first, second, third
