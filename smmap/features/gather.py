"""From a model's inputs over a block to the rows that it takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.features.native import HAS_KERNEL

if HAS_KERNEL:
    from smmap.features import _kernel


def gather(values: NDArray[np.float32], pixels: NDArray[np.intp]) -> NDArray[np.float32]:
    """Inputs of some pixels, row by row in memory.

    Parameters
    ----------
    values : float32 array (inputs, y, x)
        As ``Features.values``.
    pixels : intp array (n,)
        Numbers of pixels, counted along the rows.

    Returns
    -------
    float32 array (n, inputs)
    """
    columns = np.ascontiguousarray(values.reshape(len(values), -1))
    if not HAS_KERNEL:
        return np.ascontiguousarray(np.take(columns, pixels, axis=1).T)
    rows = np.empty((len(pixels), len(values)), np.float32)
    _kernel.gather(columns, pixels[None], rows)
    return rows
