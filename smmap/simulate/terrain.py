"""The lie of the land: hills, a steep valley side, a river and a lake."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from smmap.features.array import Bools, Doubles
from smmap.simulate.area import PIXEL_M
from smmap.simulate.fractal import draw_fractal
from smmap.spec.tile import Block

HILLS_M = 11.0
"""Standard deviation of the hills."""
SCARP_M = 42.0
"""Height of the steep valley side."""
SCARP_WIDTH_M = 70.0
"""Half-width over which it rises: up to 17 degrees."""
RIVER_M = 60.0
"""Width of the river."""

_FULL_M = 5120.0


@dataclass(frozen=True)
class Terrain:
    """Elevation and water over a block, shape (h, w)."""

    elevation: Doubles
    """Metres above the geoid."""
    water: Bools
    """River and lake."""
    distance_m: Doubles
    """To the nearest water, metres."""

    def crop(self, margin: int) -> Terrain:
        """Without ``margin`` pixels on every side."""
        inside = (slice(margin, -margin), slice(margin, -margin))
        return Terrain(self.elevation[inside], self.water[inside], self.distance_m[inside])

    def compute_gradient(self) -> tuple[Doubles, Doubles]:
        """Rise per metre towards grid east and grid north."""
        downwards, eastwards = np.gradient(self.elevation, PIXEL_M)
        return np.asarray(eastwards), -np.asarray(downwards)


def draw_terrain(block: Block, rng: np.random.Generator) -> Terrain:
    """Draw the land of one area (with its margin); lengths shrink with areas below 5 km."""
    shape = block.shape
    extent = PIXEL_M * max(shape)
    scale = min(extent / _FULL_M, 1.0)
    y, x = (np.indices(shape) + 0.5) * PIXEL_M - extent / 2
    turn = np.radians(rng.uniform(-25, 25))
    across, along = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    beside = across - _meander(along, rng, scale)
    river = np.abs(beside) < RIVER_M / 2 * (0.5 + 0.5 * scale)
    bumpy = draw_fractal(shape, rng, 2.4, 60)
    centre = (-1150 * scale, rng.uniform(-700, 700) * scale)
    radius = np.hypot((beside - centre[0]) / 300, (along - centre[1]) / 420) / scale
    lake = radius < 1 + 0.16 * bumpy
    water = river | lake
    distance = distance_transform_edt(~water) * PIXEL_M

    hills = draw_fractal(shape, rng, 2.1, 220)
    risen = HILLS_M * scale * (hills - hills.min())
    upland = 1 - np.exp(-((distance / (500 * scale)) ** 2))
    bend = draw_fractal(shape, rng, 3.2, 150)
    steep = np.clip(0.75 + 0.45 * draw_fractal(shape, rng, 3.0, 400), 0, 1)
    step = np.tanh((beside - (900 + 110 * bend) * scale) / (SCARP_WIDTH_M * scale))
    plain = 40 + 0.0006 * along
    elevation = plain + risen * upland + SCARP_M * scale * steep * (1 + step) / 2
    elevation = gaussian_filter(elevation, 1.0, mode="nearest")
    if lake.any():
        elevation[lake] = elevation[lake].min()
    return Terrain(elevation, water, distance)


def _meander(along: Doubles, rng: np.random.Generator, scale: float) -> Doubles:
    """How far the river strays sideways, metres, at each distance along its valley."""
    stray = np.zeros_like(along)
    for wavelength, amplitude in ((4300, 260), (1500, 110), (700, 35)):
        phase = rng.uniform(0, 2 * np.pi)
        stray += amplitude * scale * np.sin(2 * np.pi * along / (wavelength * scale) + phase)
    return stray
