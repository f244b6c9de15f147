"""Windows around cells: which share of them is known, and what stands where they are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Bools
from smmap.features.scaling import compute_scaled
from smmap.spec.card import ModelInput


def compute_valid_share(valid: Bools, window: int, step: int) -> NDArray[np.float64]:
    """Share of valid pixels in square windows that slide by ``step``.

    Counted in whole numbers, so that it is the same however an image is cut.

    Parameters
    ----------
    valid : bool array (y, x)
        Which pixels have a value.
    window : int
        Side of a window, pixels; the first lies in the upper left corner.
    step : int
        Pixels from one window to the next.

    Returns
    -------
    float64 array (rows, columns)
        0..1, one for each window that lies within the image.
    """
    sums = np.zeros((valid.shape[0] + 1, valid.shape[1] + 1), np.int64)
    np.cumsum(valid, axis=0, out=sums[1:, 1:])
    np.cumsum(sums[1:, 1:], axis=1, out=sums[1:, 1:])
    tops = np.arange(0, valid.shape[0] - window + 1, step)[:, None]
    lefts = np.arange(0, valid.shape[1] - window + 1, step)[None, :]
    bottoms, rights = tops + window, lefts + window
    count = sums[bottoms, rights] - sums[tops, rights] - sums[bottoms, lefts] + sums[tops, lefts]
    return np.asarray(count / window**2)


def fill_gaps(
    images: NDArray[np.float32], inputs: Sequence[ModelInput], fills: Sequence[float]
) -> NDArray[np.float32]:
    """Scaled layers with each input's fill where they have no value.

    Parameters
    ----------
    images : float32 array (..., inputs, y, x)
        Scaled; NaN or infinite is nodata.
    inputs : sequence of ModelInput
        Of the layers; their scaling is that of the fills.
    fills : sequence of float
        Before scaling, in the inputs' units.

    Returns
    -------
    float32 array, same shape
        Every value finite.
    """
    scaled = [
        compute_scaled(np.asarray(fill), one.scaling)
        for one, fill in zip(inputs, fills, strict=True)
    ]
    standing = np.array(scaled, np.float32)[:, None, None]
    return np.where(np.isfinite(images), images, standing)
