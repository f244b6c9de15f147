"""Physical values to stored integers and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.spec.band import Layer


def pack(values: NDArray[Any], layer: Layer) -> NDArray[Any]:
    """Round to the layer's nearest step (ties to even).

    Parameters
    ----------
    values
        Physical values, any shape; NaN is nodata. Flags are their own stored values.
    layer
        Type, fill, step and range.

    Returns
    -------
    NDArray
        Same shape, ``layer.dtype``. NaN, infinities and whatever lies outside the layer's valid
        range (without one: its type's) become ``layer.fill``; nothing wraps.
    """
    steps = values
    if layer.scale_factor is not None:
        steps = np.divide(values, layer.scale_factor, dtype=np.float64)
    if steps.dtype.kind == "f":
        steps = np.rint(steps, dtype=np.float64)
    limits = np.iinfo(layer.dtype)
    low, high = layer.valid_range or (limits.min, limits.max)
    packed = np.full(steps.shape, layer.fill, layer.dtype)
    np.copyto(packed, steps, where=(steps >= low) & (steps <= high), casting="unsafe")
    return packed


def unpack(packed: NDArray[Any], layer: Layer) -> NDArray[np.float32]:
    """Physical values as float32, same shape; the fill becomes NaN."""
    values = packed * np.float64(layer.scale_factor or 1.0)
    return np.where(packed == layer.fill, np.nan, values).astype(np.float32)
