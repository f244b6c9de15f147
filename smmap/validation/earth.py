"""Places on the Earth as points in space: chords are as long as arcs over a few kilometres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_RADIUS_M = 6_371_000.0
"""Mean radius."""


def compute_points(
    latitude: NDArray[np.float64], longitude: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n, 3) metres from the middle of a sphere, of degrees (n,); NaN where one is."""
    theta, phi = np.radians(latitude), np.radians(longitude)
    flat = np.cos(theta)
    return _RADIUS_M * np.column_stack([flat * np.cos(phi), flat * np.sin(phi), np.sin(theta)])
