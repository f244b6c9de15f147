"""Gaps in layers: where a number is to be nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Bools

Gaps = NDArray[np.int32]
"""All bits where there is nothing, none elsewhere: a number of which all bits are set is NaN."""


def find_gaps(valid: Bools) -> Gaps:
    """Where it is False, any shape; for as many layers as have these gaps."""
    return np.negative(np.logical_not(valid).view(np.int8), dtype=np.int32)


def leave_gaps(values: NDArray[np.float32], gaps: Gaps) -> NDArray[np.float32]:
    """The values, NaN in the gaps; all of one shape.

    To choose by a mask takes several times as long where neighbours differ. The result may be
    memory of ``gaps`` itself, where the values are zero everywhere: not to be changed.
    """
    bits = values.view(np.int32)
    if not any(bits.strides) and not bits[:1].any():
        return gaps.view(np.float32)
    return np.bitwise_or(bits, gaps).view(np.float32)
