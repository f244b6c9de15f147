"""The topsoil as a leaky bucket: wet at once, then drying exponentially."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smmap.features.array import Doubles

SOIL_MOISTURE_BOUNDS = (0.03, 0.45)
"""Of the truth, m3/m3."""

_FILLING_MM = 9.0
_DRYING_DAYS = (2.0, 7.0)


@dataclass(frozen=True)
class Topsoil:
    """What decides how wet a soil gets and how fast it dries; arrays of one shape.

    Its filling w (0..1) rises with P mm of rain to 1 - (1 - w) exp(-P / 9 mm) and falls as
    exp(-t / tau); tau is 2 days in sand and 7 in clay, more or less by drainage.
    """

    tau_days: Doubles
    """Time in which the filling falls to 1/e."""
    dry: Doubles
    """Soil moisture when empty, m3/m3."""
    wet: Doubles
    """Soil moisture when full, m3/m3."""

    @classmethod
    def of(cls, clay: Doubles, drainage: Doubles | float = 1.0) -> Topsoil:
        """From its share of clay (0.05..0.5), and how fast it drains beside its neighbours."""
        share = (clay - 0.05) / 0.45
        tau_days = (_DRYING_DAYS[0] + (_DRYING_DAYS[1] - _DRYING_DAYS[0]) * share) / drainage
        return cls(tau_days, 0.045 + 0.11 * clay, 0.33 + 0.16 * clay)

    def dry_out(self, filling: Doubles, days: float) -> Doubles:
        """Filling after so many days without rain."""
        return np.asarray(filling * np.exp(-days / self.tau_days))

    def soak(self, filling: Doubles, millimetres: Doubles) -> Doubles:
        """Filling after rain."""
        return np.asarray(1 - (1 - filling) * np.exp(-millimetres / _FILLING_MM))

    def compute_moisture(self, filling: Doubles, offset: Doubles) -> Doubles:
        """Soil moisture, m3/m3; ``offset`` is how much wetter a place always is."""
        return np.clip(self.dry + (self.wet - self.dry) * filling + offset, *SOIL_MOISTURE_BOUNDS)
