"""What a source measures or models, as it stands: no derivation."""

from __future__ import annotations

from typing import Literal

from smmap.features.array import Floats, Layers
from smmap.spec.options import Options
from smmap.spec.quantity import QUANTITIES

QuantityBand = Literal[
    "soil_moisture",
    "soil_temperature",
    "air_temperature",
    "surface_temperature",
    "surface_temperature_2",
    "precipitation",
    "snow_depth",
    "snow_cover",
    "lai",
    "ndvi",
    "evi",
    "sand",
    "silt",
    "clay",
    "bulk_density",
]


class Quantity(Options):
    """A band of the input's ``source``, brought to the overpass by its ``join``."""

    band: QuantityBand
    """Canonical name; it decides the units."""

    @property
    def units(self) -> str:
        """Units of the band."""
        return QUANTITIES[self.band]

    @property
    def layers(self) -> frozenset[str]:
        """Names of the layers read."""
        return frozenset({self.band})

    def compute(self, layers: Layers) -> Floats:
        """The layer itself, (y, x); NaN where it has no value."""
        return layers[self.band]
