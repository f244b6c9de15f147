"""Rain bands that move over a continent."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from smmap.features.array import Doubles
from smmap.simulate.continent import Continent, Field, coarsen, refine
from smmap.simulate.fractal import draw_fractal
from smmap.simulate.stream import open_stream
from smmap.simulate.topsoil import Topsoil

SPIN_UP_DAYS = 15
"""Days of weather before the first day, so that no soil starts from nowhere."""

_EVERY_DAYS = 2.5
_FAR_WIDTHS = 4.0
_SHOWERS_KM = 200.0
_STEP = 4
"""Pixels: rain is computed on a grid so much coarser."""


@dataclass(frozen=True)
class Front:
    """A straight band of rain that moves at a right angle to itself; lengths in km."""

    number: int
    """Counted from the beginning of the spin-up: keys its showers."""
    day: float
    """When its middle passes the continent's middle, days since the first day."""
    heading_rad: float
    """Whither it moves, from grid north eastwards."""
    speed: float
    """Kilometres a day."""
    width: float
    """Standard deviation along its way."""
    place: float
    """Where its middle lies to the right of its heading."""
    reach: float
    """Standard deviation across its way."""
    millimetres: float
    """What falls altogether where its middle passes."""

    def compute_rain(self, east: Doubles, north: Doubles, day: int) -> Doubles:
        """Millimetres that fall on a day, on km from the middle; its days add up to all its rain.

        A Gaussian of standard deviation s whose middle goes from a to b leaves at x
        P / 2 (erf((b - x) / s sqrt 2) - erf((a - x) / s sqrt 2)).
        """
        ahead = north * math.cos(self.heading_rad) + east * math.sin(self.heading_rad)
        aside = east * math.cos(self.heading_rad) - north * math.sin(self.heading_rad)
        begin = (day - self.day) * self.speed
        passed, passing = (
            erf((at - ahead) / (self.width * math.sqrt(2))) for at in (begin, begin + self.speed)
        )
        share = np.exp(-(((aside - self.place) / self.reach) ** 2) / 2)
        return np.asarray(self.millimetres / 2 * (passing - passed) * share)


def draw_fronts(days: int, seed: int) -> list[Front]:
    """All fronts that matter up to the last day; more days change none of them."""
    fronts = []
    for number in range(math.ceil((SPIN_UP_DAYS + days) / _EVERY_DAYS) + 4):
        rng = open_stream(seed, "front", number)
        fronts.append(
            Front(
                number=number,
                day=_EVERY_DAYS * (number + rng.uniform(-0.4, 0.4)) - SPIN_UP_DAYS,
                heading_rad=math.radians(rng.uniform(60, 120)),
                speed=rng.uniform(500, 900),
                width=rng.uniform(100, 220),
                place=rng.uniform(-1000, 1000),
                reach=rng.uniform(500, 1200),
                millimetres=rng.uniform(6, 18),
            )
        )
    return fronts


def iterate_soil_moisture(
    continent: Continent, days: int, seed: int
) -> Iterator[tuple[int, Field]]:
    """Each day from ``-SPIN_UP_DAYS`` on with its soil moisture, the same all day long (UTC).

    Yields
    ------
    int, float32 array
        Days since the first day, and m3/m3, under water too.
    """
    topsoil = Topsoil.of(continent.clay.astype(np.float64))
    filling, offset = np.full(continent.block.shape, 0.3), continent.offset.astype(np.float64)
    fronts = draw_fronts(days, seed)
    for day in range(-SPIN_UP_DAYS, days):
        rain = compute_rain(continent, fronts, day, seed)
        filling = topsoil.soak(topsoil.dry_out(filling, 1), rain)
        yield day, topsoil.compute_moisture(filling, offset).astype(np.float32)


def compute_rain(continent: Continent, fronts: list[Front], day: int, seed: int) -> Doubles:
    """Millimetres on a day, showers being uneven."""
    block = coarsen(continent.block, _STEP)
    east, north = block.xs()[None, :] / 1000, block.ys()[:, None] / 1000
    reach = float(np.hypot(east, north).max())
    longest = _SHOWERS_KM * 1000 / float(block.geobox.resolution.x)
    rain = np.zeros(block.shape)
    for front in fronts:
        away = min(abs(day - front.day), abs(day + 1 - front.day)) * front.speed
        if away > reach + _FAR_WIDTHS * front.width:
            continue
        rng = open_stream(seed, "showers", front.number)
        uneven = np.exp(0.4 * draw_fractal(block.shape, rng, 2.0, longest))
        rain += front.compute_rain(east, north, day) * uneven
    return refine(rain, _STEP)
