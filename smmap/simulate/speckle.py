"""Speckle as a Sentinel-1 IW GRD image has it: multi-looked, and correlated between pixels."""

from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import correlate1d

from smmap.features.array import Doubles
from smmap.simulate.area import PIXEL_M

LOOKS = 4.4
"""Equivalent number of looks of IW GRD high resolution (Sentinel-1 Product Specification)."""
RESOLUTION_M = (20.0, 22.0)
"""Its resolution in range (columns here) and azimuth (rows)."""

# Five range looks, the outer two weighted by w so that (3 + 2w)^2 / (3 + 2w^2) = 4.4.
_OUTER = (12 - math.sqrt(144 - 4 * 4.8 * 4.2)) / 9.6
LOOK_WEIGHTS = (_OUTER, 1.0, 1.0, 1.0, _OUTER)
"""Weights of the looks that are summed."""


def draw_speckle(shape: tuple[int, int], rng: np.random.Generator) -> Doubles:
    """Multiplicative speckle: mean 1, variance 1 / `LOOKS`.

    Each look is a complex Gaussian field seen through the point spread function, so that its
    power is exponential and neighbouring pixels are correlated.
    """
    power = np.zeros(shape)
    for weight in LOOK_WEIGHTS:
        parts = rng.standard_normal((2, *shape))
        for axis, resolution in ((2, RESOLUTION_M[0]), (1, RESOLUTION_M[1])):
            parts = correlate1d(parts, _compute_spread(resolution), axis=axis, mode="wrap")
        power += weight / 2 * (parts**2).sum(axis=0)
    return np.asarray(power / sum(LOOK_WEIGHTS))


def _compute_spread(resolution_m: float) -> Doubles:
    """Gaussian amplitude kernel whose power falls to a half at half the resolution; unit energy."""
    sigma = resolution_m / PIXEL_M / (2 * math.sqrt(math.log(2)))
    kernel = np.exp(-(np.arange(-5, 6) ** 2) / (2 * sigma**2))
    return np.asarray(kernel / np.sqrt((kernel**2).sum()))
