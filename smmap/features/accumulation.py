"""Amounts of water, as rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Doubles, Floats
from smmap.spec.errors import SceneError

PACKING_NOISE = 1e-4
"""Units of the amount (metres: 0.1 mm). Amounts are packed in 16 bits or fewer, each file with
its own step: what falls by less did not fall."""
MOST_A_DAY = 7.4
"""Metres a day, while it lasts: 305 mm within an hour are the most on record (Holt, Missouri, 1947;
WMO-1045, Manual on Estimation of Probable Maximum Precipitation, annex 2)."""
_DAY = np.timedelta64(1, "D")

Rates = tuple[NDArray[np.float32], NDArray[np.datetime64], Doubles]


def compute_rates(values: Floats, times: NDArray[np.datetime64]) -> Rates:
    """Rates per day from amounts since 00 UTC, as in ERA5-Land.

    The amount at 00 UTC is that of the whole day before; the first one after begins anew. Each
    step becomes the mean rate since the step before it of the same day, or since 00 UTC. What is
    not there is not made up: after a missing step the rate is that of the longer time.

    Parameters
    ----------
    values : float array (t, y, x)
        Amounts; NaN is nodata.
    times : datetime64 array (t,)
        UTC, increasing.

    Returns
    -------
    rates : float32 array (t, y, x)
        Units of the amount per day, never negative; NaN where either amount is.
    middles : datetime64 array (t,)
        Of the time that each rate is of.
    step_days : float64 array (t,)
        How long that is.

    Raises
    ------
    SceneError
        If an amount falls within a day by more than ``PACKING_NOISE``: it is none since 00 UTC; or
        grows faster than ``MOST_A_DAY``: it is not in metres.

    References
    ----------
    ECMWF, ERA5-Land: data documentation, "accumulations"; DOI 10.5194/essd-13-4349-2021.
    """
    # 00 UTC belongs to the day that ends with it.
    begins = (times - np.timedelta64(1, "us")).astype("datetime64[D]").astype(times.dtype)
    rates = np.empty(values.shape, np.float32)
    since = begins.copy()
    for step in range(len(times)):
        amount = values[step].astype(np.float64)
        if step and times[step - 1] > begins[step]:
            since[step] = times[step - 1]
            amount -= values[step - 1]
        if (amount < -PACKING_NOISE).any():
            raise SceneError(
                f"an amount falls at {times[step]}: it is not accumulated from 00 UTC; correct "
                "'accumulated' in the definition"
            )
        rates[step] = np.maximum(amount, 0.0) / float((times[step] - since[step]) / _DAY)
    _check_metres(rates, times)
    return rates, since + (times - since) // 2, (times - since) / _DAY


def compute_hourly_rates(values: Floats, times: NDArray[np.datetime64]) -> Rates:
    """Rates per day from amounts of the hour that ends with each step.

    Parameters and what comes back are as of ``compute_rates``, where an amount may be missing
    without a consequence for the next. Less than nothing is noise of packing, and nothing.

    Raises
    ------
    SceneError
        If more falls in an hour than ever fell: it is not in metres.
    """
    rates = np.maximum(values, 0.0).astype(np.float32) * np.float32(24.0)
    _check_metres(rates, times)
    return rates, times - np.timedelta64(30, "m"), np.full(len(times), 1 / 24)


def _check_metres(rates: NDArray[np.float32], times: NDArray[np.datetime64]) -> None:
    flood = rates > MOST_A_DAY
    if flood.any():
        step = int(np.argmax(flood.any(axis=(1, 2))))
        most = np.nanmax(rates[step])
        raise SceneError(
            f"{most:g} m of rain a day before {times[step]}: no sky gives so much; the amounts are "
            "in other units (of millimetres the scale is 0.001)"
        )
