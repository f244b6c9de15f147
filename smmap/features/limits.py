"""Where quality control of a model's training is broken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Bools
from smmap.spec.card import ModelInput
from smmap.spec.limit import Limit

_FROST = frozenset(("soil_temperature", "snow_depth", "snow_cover"))


def find_outside(limit: Limit, values: NDArray[np.floating]) -> Bools:
    """True where there is a value and it lies beyond a bound; a missing one objects to nothing.

    Parameters
    ----------
    values
        Of the limit's column, in its units, any shape.
    """
    numbers = np.asarray(values, dtype=np.float64)
    low = -np.inf if limit.least is None else limit.least
    high = np.inf if limit.most is None else limit.most
    outside: Bools = (numbers < low) | (numbers > high)
    return outside


def tells_of_frost(column: ModelInput) -> bool:
    """Whether the column is of frozen ground or snow."""
    return column.feature == "quantity" and column.options.get("band") in _FROST
