"""How far an overpass is from a time of day."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from smmap.spec.errors import ConfigError

DAY_S = 86_400
"""Seconds of a day (UTC, leap seconds left aside)."""
_SECONDS_A_DEGREE = 240.0
"""The mean sun moves 15 degrees an hour."""


def parse_time_of_day(text: str) -> int:
    """Seconds since midnight of ``HH:MM``.

    Raises
    ------
    ConfigError
        If it is no time of day.
    """
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text)
    if match is None:
        raise ConfigError(f"'{text}' is not a time of day; write HH:MM, for example 06:00")
    return int(match[1]) * 3600 + int(match[2]) * 60


def compute_distance(
    time_s: NDArray[np.float64], longitude_deg: NDArray[np.float64], reference_s: float
) -> NDArray[np.float64]:
    """Seconds between overpasses and a time of day by local mean solar time, around the clock.

    Local time, because Sentinel-1 crosses a place at the same local times everywhere (near 6 and
    18 h), so that one reference chooses the same passes along a whole continent.

    Parameters
    ----------
    time_s
        Seconds since 00 UTC, any shape that ``longitude_deg`` broadcasts to; NaN stays NaN.
    longitude_deg
        Degrees east.
    reference_s
        Seconds since local midnight.

    Returns
    -------
    NDArray
        0..43200.
    """
    ahead = (time_s + longitude_deg * _SECONDS_A_DEGREE - reference_s) % DAY_S
    return np.minimum(ahead, DAY_S - ahead)
