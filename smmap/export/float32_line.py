"""All float32 in their order, as places on a line: 0 at 0, infinity at `LAST`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LAST = 0x7F800000
"""The bits of infinity: how many float32 lie between it and 0."""


def compute_places(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Where each value lies; -0 lies at 0, NaN nowhere."""
    size = np.abs(values).view(np.int32).astype(np.int64)
    return np.where(values < 0, -size, size)


def compute_values(places: NDArray[Any]) -> NDArray[np.float32]:
    """The values at some places."""
    size = np.abs(places).astype(np.int32).view(np.float32)
    return np.asarray(np.where(places < 0, -size, size))
