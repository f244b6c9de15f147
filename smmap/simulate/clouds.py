"""Clouds over an area, and the shadows that they cast."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin, tan

import numpy as np

from smmap.features.array import Doubles
from smmap.simulate.area import PIXEL_M
from smmap.simulate.fractal import draw_fractal

SUN_AZIMUTH_DEG = 158.0
"""At Sentinel-2's overpass in April at 51 N."""
SUN_ELEVATION_DEG = 45.0
"""The same."""
CLOUD_BASE_M = 900.0
"""Height from which shadows fall."""

_CLEAR, _PARTLY, _OVERCAST = 0.03, (0.15, 0.7), 1.0


@dataclass(frozen=True)
class Sky:
    """What stands between sensor and ground, (h, w); exactly 0 where there is nothing."""

    cloud: Doubles
    """Opacity of cumulus, 0..1."""
    cirrus: Doubles
    """Opacity of cirrus, 0..0.3."""
    shadow: Doubles
    """Share of sunlight that cumulus takes away, 0..1."""


def draw_cover(rng: np.random.Generator, day: int) -> float:
    """Share of the sky that clouds fill: almost none on the second day and every ten days."""
    overcast, partly = rng.random() < 0.15, rng.uniform(*_PARTLY)
    if day % 10 == 1:
        return _CLEAR
    return _OVERCAST if overcast else partly


def draw_sky(shape: tuple[int, int], rng: np.random.Generator, cover: float) -> Sky:
    """Cumulus over ``cover`` of the sky, and now and then cirrus beside it."""
    reach = CLOUD_BASE_M / tan(radians(SUN_ELEVATION_DEG)) / PIXEL_M
    # Shadows fall away from the sun: rows grow to the south, columns to the east.
    down = round(reach * cos(radians(SUN_AZIMUTH_DEG)))
    right = round(-reach * sin(radians(SUN_AZIMUTH_DEG)))
    wide = (shape[0] + abs(down), shape[1] + abs(right))
    field = draw_fractal(wide, rng, 2.3, 110)
    cloud = np.clip((field - np.quantile(field, 1 - cover)) / 0.45, 0, 1)
    cirrus_field = draw_fractal(shape, rng, 2.4, 300)
    hazy = rng.random() < 0.35 and cover > _CLEAR
    cirrus = np.clip(cirrus_field, 0, 1) * 0.3 if hazy else np.zeros(shape)
    top, left = max(down, 0), max(right, 0)
    above = cloud[top:, left:][: shape[0], : shape[1]]
    shadow = cloud[top - down :, left - right :][: shape[0], : shape[1]]
    return Sky(above, cirrus, shadow)
