"""Features that are layers as they stand: how the radar looks, where and when."""

from __future__ import annotations

from typing import ClassVar

from smmap.features.array import Floats, Layers
from smmap.spec.options import Options


class LayerFeature(Options):
    """One layer as it is; takes no options."""

    units: ClassVar[str]
    layer: ClassVar[str]
    """Which one."""

    @property
    def layers(self) -> frozenset[str]:
        """Names of the layers read."""
        return frozenset({self.layer})

    def compute(self, layers: Layers) -> Floats:
        """The layer itself, (y, x)."""
        return layers[self.layer]


class IncidenceDeg(LayerFeature):
    """Incidence angle on the ellipsoid."""

    units: ClassVar[str] = "degree"
    layer: ClassVar[str] = "incidence_deg"


class Elevation(LayerFeature):
    """Height of the surface."""

    units: ClassVar[str] = "m"
    layer: ClassVar[str] = "elevation"


class SlopeDeg(LayerFeature):
    """Steepness."""

    units: ClassVar[str] = "degree"
    layer: ClassVar[str] = "slope_deg"


class AspectDeg(LayerFeature):
    """Where the slope faces, clockwise from north; no value on flat ground."""

    units: ClassVar[str] = "degree"
    layer: ClassVar[str] = "aspect_deg"


class Eastness(LayerFeature):
    """Sine of the aspect, averaged over the cell; flat ground adds 0."""

    units: ClassVar[str] = "1"
    layer: ClassVar[str] = "eastness"


class Northness(LayerFeature):
    """Cosine of the aspect, averaged over the cell; flat ground adds 0."""

    units: ClassVar[str] = "1"
    layer: ClassVar[str] = "northness"


class Latitude(LayerFeature):
    """Geodetic latitude."""

    units: ClassVar[str] = "degree"
    layer: ClassVar[str] = "latitude"


class Longitude(LayerFeature):
    """Longitude, east positive."""

    units: ClassVar[str] = "degree"
    layer: ClassVar[str] = "longitude"


class DayOfYear(LayerFeature):
    """Day of the year of the overpass, 1..366."""

    units: ClassVar[str] = "day"
    layer: ClassVar[str] = "day_of_year"
