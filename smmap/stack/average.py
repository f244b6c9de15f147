"""Working pixels to tile pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.features.aggregate import compute_block_mean


def average(
    values: NDArray[np.floating], factor: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean over the pixels of each ``factor`` x ``factor`` cell that have a value, and their share.

    NaN where none has; nodata never enters a mean. Of cells of one pixel that all have a value the
    mean is ``values`` itself, or a copy without gaps in memory: whatever is made of it would have
    to make one each time.
    """
    known = np.isfinite(values)
    if factor == 1:
        if known.all():
            weight = np.broadcast_to(np.float32(1), values.shape)
            return np.ascontiguousarray(values, np.float32), weight
        mean = values.astype(np.float32)
        np.copyto(mean, np.nan, where=~known)
        return mean, known.astype(np.float32)
    return compute_block_mean(values, known, factor)
