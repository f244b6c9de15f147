"""Rain, and the soil moisture that it leaves: wet at once, then drying exponentially."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from smmap.features.array import Doubles
from smmap.simulate.fractal import draw_fractal
from smmap.simulate.landscape import Landscape
from smmap.simulate.orbits import START
from smmap.simulate.stream import open_stream

RAIN_CHANCE = 0.22
"""Chance of rain on a day."""
SPIN_UP_DAYS = 30
"""Days of weather before the first scene, so that no soil starts from nowhere."""
SOIL_MOISTURE_BOUNDS = (0.03, 0.45)
"""Of the truth, m3/m3."""

_FILLING_MM = 9.0
_DRYING_DAYS = (2.0, 7.0)


@dataclass(frozen=True)
class Rain:
    """One event."""

    datetime: datetime
    """When it ends."""
    millimetres: float
    """Mean over an area."""
    day: int
    """Counted from the beginning of the spin-up: keys its pattern."""


def draw_rain(days: int, seed: int) -> list[Rain]:
    """Events from the spin-up to the last day, by time; more days change none before."""
    events = []
    for day in range(SPIN_UP_DAYS + days):
        rng = open_stream(seed, "rain", day)
        rains, hour, millimetres = rng.random() < RAIN_CHANCE, rng.uniform(0, 24), rng.gamma(1.6, 6)
        if rains:
            moment = START + timedelta(days=day - SPIN_UP_DAYS, hours=hour)
            events.append(Rain(moment, millimetres, day))
    return events


def iterate_soil_moisture(
    landscape: Landscape, rain: Sequence[Rain], moments: Sequence[datetime], seed: int
) -> Iterator[tuple[datetime, Doubles]]:
    """Each of ``moments`` (by time) with the soil moisture then.

    The topsoil's filling w (0..1) rises with P mm of rain to 1 - (1 - w) exp(-P / 9 mm) and
    falls as exp(-t / tau); tau is 2 days in sand and 7 in clay, more or less by parcel.

    Yields
    ------
    datetime, ndarray
        The moment, and m3/m3 of shape (h, w), under water too.
    """
    clay = (landscape.clay - 0.05) / 0.45
    tau_days = (_DRYING_DAYS[0] + (_DRYING_DAYS[1] - _DRYING_DAYS[0]) * clay) / landscape.drainage
    dry, wet = 0.045 + 0.11 * landscape.clay, 0.33 + 0.16 * landscape.clay
    filling, since = np.full(clay.shape, 0.3), START - timedelta(days=SPIN_UP_DAYS)
    pending = list(rain)
    for moment in moments:
        while pending and pending[0].datetime <= moment:
            event = pending.pop(0)
            filling = filling * np.exp(-_days(event.datetime - since) / tau_days)
            filling = 1 - (1 - filling) * np.exp(-_spread(landscape, event, seed) / _FILLING_MM)
            since = event.datetime
        now = filling * np.exp(-_days(moment - since) / tau_days)
        yield moment, np.clip(dry + (wet - dry) * now + landscape.offset, *SOIL_MOISTURE_BOUNDS)


def _spread(landscape: Landscape, event: Rain, seed: int) -> Doubles:
    """Millimetres over the area: showers are uneven."""
    rng = open_stream(seed, "shower", landscape.area.index, event.day)
    uneven = draw_fractal(landscape.clay.shape, rng, 2.5, 400)
    return np.asarray(event.millimetres * np.exp(0.45 * uneven))


def _days(span: timedelta) -> float:
    return span / timedelta(days=1)
