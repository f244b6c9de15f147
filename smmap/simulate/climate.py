"""The weather over the region around all areas: what coarse models and radiometers see of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from smmap.features.array import Doubles
from smmap.simulate.orbits import START, count_days
from smmap.simulate.topsoil import Topsoil
from smmap.simulate.weather import SPIN_UP_DAYS, Rain

_KELVIN = 273.15


@dataclass(frozen=True)
class Climate:
    """Rain, temperature and soil moisture at places of longitude and latitude, (h, w).

    The rain is that of the areas, without their showers; the soil is of their mean clay, and all
    changes so slowly with the place that interpolation between coarse pixels finds it again.
    """

    rain: Sequence[Rain]
    """Events, by time."""
    lon: Doubles
    """Degrees, (h, w)."""
    lat: Doubles
    """Degrees, (h, w)."""

    def compute_amounts(self, start: datetime, end: datetime) -> Doubles:
        """Rain that ends after ``start`` and not after ``end``, metres."""
        millimetres = sum(one.millimetres for one in self.rain if start < one.datetime <= end)
        return np.asarray(millimetres / 1000 * self._wetness)

    def compute_air_temperature(self, moment: datetime) -> Doubles:
        """Of the air at 2 m, kelvin: warmest at 15 UTC, warming through April."""
        return self._compute_temperature(moment, 5.0, 15)

    def compute_soil_temperature(self, moment: datetime) -> Doubles:
        """Of the top layer, kelvin: damped and later."""
        return self._compute_temperature(moment, 2.5, 17)

    def iterate_soil_moisture(self, moments: Sequence[datetime]) -> Iterator[Doubles]:
        """At each of ``moments`` (by time), m3/m3."""
        topsoil = Topsoil.of(np.full(self.lon.shape, 0.22))
        offset = 0.01 * (self.lat - 51) - 0.01 * (self.lon - 5)
        filling, since = np.full(self.lon.shape, 0.3), START - timedelta(days=SPIN_UP_DAYS)
        pending = list(self.rain)
        for moment in moments:
            while pending and pending[0].datetime <= moment:
                event = pending.pop(0)
                filling = topsoil.dry_out(filling, count_days(event.datetime) - count_days(since))
                filling = topsoil.soak(filling, event.millimetres * self._wetness)
                since = event.datetime
            now = topsoil.dry_out(filling, count_days(moment) - count_days(since))
            yield topsoil.compute_moisture(now, offset)

    @property
    def _wetness(self) -> Doubles:
        """Rain beside that of the areas: more to the west."""
        return np.exp(-0.1 * (self.lon - 5))

    def _compute_temperature(self, moment: datetime, swing: float, warmest: float) -> Doubles:
        hour = 24 * (count_days(moment) % 1)
        level = 9 + 0.05 * count_days(moment) + swing * np.cos(2 * np.pi * (hour - warmest) / 24)
        return np.asarray(_KELVIN + level - 0.7 * (self.lat - 51))
