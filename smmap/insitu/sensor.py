"""A probe in the ground."""

from __future__ import annotations

import math
from dataclasses import dataclass

NAN = math.nan


@dataclass(frozen=True)
class Sensor:
    """Where a probe is, and what its archive knows of the place; NaN and "" are not known."""

    network: str
    """Who runs it."""
    station: str
    """Name of the place within the network."""
    latitude: float
    """Degrees north."""
    longitude: float
    """Degrees east, -180..180."""
    depth_from_m: float
    """Upper end of the soil it feels, metres below the surface."""
    depth_to_m: float
    """Lower end, metres; equal to the upper one for a probe that lies flat."""
    elevation_m: float = NAN
    """Metres above sea level."""
    instrument: str = ""
    """Make of the probe; tells two probes at one depth apart."""
    land_cover: str = ""
    """Class code of ESA CCI land cover."""
    climate: str = ""
    """Köppen-Geiger class."""
    sand_percent: float = NAN
    """Of the soil's weight."""
    silt_percent: float = NAN
    """Of the soil's weight."""
    clay_percent: float = NAN
    """Of the soil's weight."""
    organic_carbon_percent: float = NAN
    """Of the soil's weight."""
    saturation: float = NAN
    """Soil moisture of the saturated soil, m3/m3."""
