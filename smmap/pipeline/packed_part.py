"""A part's packed layers while its rows come in."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.spec.band import Layer
from smmap.spec.tile import Block


class PackedPart:
    """Rows may come from several threads, in any order; none comes twice."""

    def __init__(self, part: Block, layers: Sequence[Layer]) -> None:
        self.part = part
        self.layers: Mapping[str, NDArray[Any]] = {
            one.name: np.empty(part.shape, one.dtype) for one in layers
        }
        """By name, (h, w); whole once `put` says so."""
        self._missing = part.height
        self._lock = threading.Lock()

    def put(self, rows: slice, packed: Mapping[str, NDArray[np.generic]]) -> bool:
        """Take in some rows of every layer; True for those with which the part is complete."""
        for name, values in packed.items():
            self.layers[name][rows] = values
        with self._lock:
            self._missing -= rows.stop - rows.start
            return self._missing == 0
