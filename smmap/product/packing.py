"""Physical values to stored integers and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.product.native import HAS_KERNEL
from smmap.spec.band import Layer

if HAS_KERNEL:
    from smmap.product import _kernel


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
    limits = np.iinfo(layer.dtype)
    low, high = layer.valid_range or (limits.min, limits.max)
    step = layer.scale_factor
    if HAS_KERNEL and step is not None and values.dtype.char in "fd" and limits.bits == 16:
        numbers = np.ascontiguousarray(values).reshape(1, -1)
        packed = np.empty(numbers.shape, layer.dtype)
        _kernel.pack(numbers, step, (low, high), layer.fill, packed)
        return packed.reshape(values.shape)
    return pack_plainly(values, layer, low, high)


def pack_plainly(values: NDArray[Any], layer: Layer, low: int, high: int) -> NDArray[Any]:
    """`pack` in NumPy, from the lowest stored number to the highest: the same bits, slower."""
    steps = values
    if layer.scale_factor is not None:
        steps = np.divide(values, layer.scale_factor, dtype=np.float64)
    if steps.dtype.kind == "f":
        steps = np.rint(steps, dtype=np.float64)
    packed = np.full(steps.shape, layer.fill, layer.dtype)
    np.copyto(packed, steps, where=(steps >= low) & (steps <= high), casting="unsafe")
    return packed


def unpack(packed: NDArray[Any], layer: Layer) -> NDArray[np.float32]:
    """Physical values as float32, same shape; the fill becomes NaN."""
    values = packed * np.float64(layer.scale_factor or 1.0)
    return np.where(packed == layer.fill, np.nan, values).astype(np.float32)
