"""Working pixels to tile pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.features.aggregate import compute_block_mean


def average(
    values: NDArray[np.floating], factor: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean over the pixels of each ``factor`` x ``factor`` cell that have a value, and their share.

    NaN where none has; nodata never enters a mean.
    """
    return compute_block_mean(values, np.isfinite(values), factor)
