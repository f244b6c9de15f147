"""Where a sink takes a layer's pixels from: window by window, so that no map need fit in memory."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class PixelSource(Protocol):
    """Stored integers of one layer, (y, x): a NumPy array, or what lies on disk."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, columns)."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the stored integers."""
        ...

    def __getitem__(self, window: tuple[slice, slice], /) -> NDArray[Any]:
        """Rows and columns ``start:stop`` within the shape; read at each call."""
        ...
