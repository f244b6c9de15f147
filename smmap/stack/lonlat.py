"""Longitude and latitude of a block's pixels, few of them transformed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.grid.ground import compute_lonlat_at
from smmap.spec.tile import Block
from smmap.stack.lattice import Doubles, Lattice, compute_positions_between

_TOLERANCE_DEG = 1e-8
"""A millimetre; float32 takes steps of up to 1.5e-5 degrees."""


def compute_lonlat_layers(block: Block) -> dict[str, NDArray[np.float32]]:
    """``longitude`` and ``latitude`` of pixel centres, degrees, each (h, w)."""

    def compute(rows: Doubles, cols: Doubles) -> Doubles:
        return np.stack(compute_lonlat_at(block, rows, cols))

    found = compute_positions_between(block, compute, _TOLERANCE_DEG)
    places = found.compute_single() if isinstance(found, Lattice) else found.astype(np.float32)
    return dict(zip(("longitude", "latitude"), places, strict=True))
