"""Units that soil moisture is reported in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smmap.spec.errors import InsituError

_PARTS_IN_ONE = {
    "m3/m3": 1,
    "m3 m-3": 1,
    "m^3/m^3": 1,
    "m^3*m^-3": 1,
    "cm3/cm3": 1,
    "fraction": 1,
    "%": 100,
    "pct": 100,
    "percent": 100,
    "vol %": 100,
    "vol.%": 100,
    "% vol": 100,
}
_MISSING_CODE = -9.0
"""-9.999, -99, -99.9 or -9999 stand where there is no value, in whatever unit."""


def convert_to_m3_m3(words: Any, unit: str, where: str) -> NDArray[np.float64]:
    """Values of a unit by volume in m3/m3.

    Parameters
    ----------
    words
        (n,) numbers, or their text; what is no number or a code for none becomes NaN.
    where
        File and column, for the message.

    Raises
    ------
    InsituError
        If the unit is not known, or is one of weight, which needs a bulk density.
    """
    parts = _PARTS_IN_ONE.get(" ".join(unit.lower().split()))
    if parts is None:
        known = ", ".join(_PARTS_IN_ONE)
        raise InsituError(f"{where}: unknown unit '{unit}' of soil moisture; known are: {known}")
    numbers = pd.to_numeric(pd.Series(words, dtype=object), errors="coerce")
    values = numbers.to_numpy(dtype=np.float64)
    return np.where(values > _MISSING_CODE, values / parts, np.nan)
