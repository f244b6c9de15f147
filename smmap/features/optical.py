"""Optical features, of surface (or, where the source says so, top-of-atmosphere) reflectance."""

from __future__ import annotations

from typing import ClassVar, Literal

from smmap.features.array import Doubles, Floats, Layers
from smmap.features.indices import compute_evi, compute_ndmi, compute_ndvi
from smmap.spec.options import Options

ReflectanceBand = Literal[
    "coastal",
    "blue",
    "green",
    "red",
    "rededge1",
    "rededge2",
    "rededge3",
    "nir",
    "nir08",
    "nir09",
    "cirrus",
    "swir16",
    "swir22",
    "pan",
]
ThermalBand = Literal["surface_temperature", "surface_temperature_2"]


class Ndvi(Options):
    """Normalised difference vegetation index."""

    units: ClassVar[str] = "1"

    @property
    def layers(self) -> frozenset[str]:
        """Names of the layers read."""
        return frozenset({"nir", "red"})

    def compute(self, layers: Layers) -> Doubles:
        """-1..1 for reflectances, (y, x)."""
        return compute_ndvi(layers["nir"], layers["red"])


class Ndmi(Options):
    """Normalised difference moisture index."""

    units: ClassVar[str] = "1"

    @property
    def layers(self) -> frozenset[str]:
        """Names of the layers read."""
        return frozenset({"nir", "swir16"})

    def compute(self, layers: Layers) -> Doubles:
        """-1..1 for reflectances, (y, x)."""
        return compute_ndmi(layers["nir"], layers["swir16"])


class Evi(Options):
    """Enhanced vegetation index."""

    units: ClassVar[str] = "1"

    @property
    def layers(self) -> frozenset[str]:
        """Names of the layers read."""
        return frozenset({"nir", "red", "blue"})

    def compute(self, layers: Layers) -> Doubles:
        """(y, x); not bounded where the ground is bright in blue."""
        return compute_evi(layers["nir"], layers["red"], layers["blue"])


class Reflectance(Options):
    """One band as it is."""

    units: ClassVar[str] = "1"
    band: ReflectanceBand
    """Canonical band name."""

    @property
    def layers(self) -> frozenset[str]:
        """Names of the layers read."""
        return frozenset({self.band})

    def compute(self, layers: Layers) -> Floats:
        """The layer itself: 0..1, (y, x)."""
        return layers[self.band]


class SurfaceTemperature(Options):
    """A thermal band: of the surface, or as seen above the atmosphere where the source says so."""

    units: ClassVar[str] = "K"
    band: ThermalBand = "surface_temperature"
    """Canonical band name: Landsat's band 10, or with ``_2`` its band 11."""

    @property
    def layers(self) -> frozenset[str]:
        """Names of the layers read."""
        return frozenset({self.band})

    def compute(self, layers: Layers) -> Floats:
        """The layer itself, (y, x)."""
        return layers[self.band]
