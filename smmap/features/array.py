"""What this room passes around: plain arrays in which NaN is nodata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
"""Any float array; NaN is nodata."""

Doubles: TypeAlias = NDArray[np.float64]
"""What formulas are evaluated in; NaN is nodata."""

Bools: TypeAlias = NDArray[np.bool_]
"""A yes or no for every pixel."""

Layers: TypeAlias = Mapping[str, Floats]
"""Layer name -> values, all of one shape (y, x)."""
