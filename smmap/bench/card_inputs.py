"""The eleven inputs of the models that map: derived from Sentinel-1, Sentinel-2 and a DEM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CardInput:
    """One column."""

    name: str
    """In the card."""
    feature: str
    """Derivation, as `smmap.features` knows it."""
    units: str
    """Of the derivation."""
    span: tuple[float, float]
    """Smallest and largest value in training."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Of the derivation."""


CARD_INPUTS = (
    CardInput("vv_db", "backscatter_db", "dB", (-22.0, -4.0), {"polarisation": "vv"}),
    CardInput("vh_db", "backscatter_db", "dB", (-30.0, -10.0), {"polarisation": "vh"}),
    CardInput("incidence_deg", "incidence_deg", "degree", (29.0, 46.0)),
    CardInput("ndvi", "ndvi", "1", (0.0, 1.0)),
    CardInput("evi", "evi", "1", (-0.1, 0.9)),
    CardInput("ndmi", "ndmi", "1", (-0.5, 0.6)),
    CardInput("elevation", "elevation", "m", (0.0, 800.0)),
    CardInput("slope_deg", "slope_deg", "degree", (0.0, 20.0)),
    CardInput("latitude", "latitude", "degree", (48.0, 54.0)),
    CardInput("longitude", "longitude", "degree", (2.0, 8.0)),
    CardInput("day_of_year", "day_of_year", "day", (1.0, 366.0)),
)
"""In the order of the models' columns."""
