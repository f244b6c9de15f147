"""Rain over an area, and the soil moisture that it leaves."""

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
from smmap.simulate.topsoil import Topsoil

RAIN_CHANCE = 0.22
"""Chance of rain on a day."""
SPIN_UP_DAYS = 30
"""Days of weather before the first scene, so that no soil starts from nowhere."""


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

    Yields
    ------
    datetime, ndarray
        The moment, and m3/m3 of shape (h, w), under water too.
    """
    topsoil = Topsoil.of(landscape.clay, landscape.drainage)
    filling, since = np.full(landscape.clay.shape, 0.3), START - timedelta(days=SPIN_UP_DAYS)
    pending = list(rain)
    for moment in moments:
        while pending and pending[0].datetime <= moment:
            event = pending.pop(0)
            filling = topsoil.dry_out(filling, _days(event.datetime - since))
            filling = topsoil.soak(filling, _spread(landscape, event, seed))
            since = event.datetime
        now = topsoil.dry_out(filling, _days(moment - since))
        yield moment, topsoil.compute_moisture(now, landscape.offset)


def _spread(landscape: Landscape, event: Rain, seed: int) -> Doubles:
    """Millimetres over the area: showers are uneven."""
    rng = open_stream(seed, "shower", landscape.area.index, event.day)
    uneven = draw_fractal(landscape.clay.shape, rng, 2.5, 400)
    return np.asarray(event.millimetres * np.exp(0.45 * uneven))


def _days(span: timedelta) -> float:
    return span / timedelta(days=1)
