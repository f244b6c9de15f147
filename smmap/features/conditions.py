"""Evaluates a definition's mask conditions: classes, packed bits and thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Bools
from smmap.spec.definition import BitField, Condition


def holds(condition: Condition, stored: NDArray[Any]) -> Bools:
    """Where a condition is true.

    Parameters
    ----------
    condition : Condition
        On one band.
    stored : array, any shape
        That band: numbers as stored for classes and bits, values in the band's units for
        thresholds. NaN is nodata.

    Returns
    -------
    bool array, same shape
        False wherever there is no value; of classes and bits also where it is no whole number.
    """
    if condition.classes is not None:
        return np.isin(stored, _list_classes(condition.classes, stored.dtype))
    held: Bools = np.isfinite(stored)
    if condition.at_least is not None:
        held &= stored >= condition.at_least
    elif condition.at_most is not None:
        held &= stored <= condition.at_most
    else:
        held &= stored == np.trunc(stored)
        flags = np.where(held, stored, 0).astype(np.int64)
        for field in condition.bits or ():
            held &= np.isin(_unpack(flags, field), field.values)
    return held


def _list_classes(classes: Sequence[int], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Those to compare with: in single precision if the band is, which takes half the time."""
    if dtype != np.float32:
        return np.array(classes)
    return np.array([one for one in classes if float(np.float32(one)) == one], np.float32)


def _unpack(flags: NDArray[np.int64], field: BitField) -> NDArray[np.int64]:
    # Of negative numbers the shift repeats the sign: the bits of whatever signed type was stored.
    return (flags >> field.first) & ((1 << field.count) - 1)
