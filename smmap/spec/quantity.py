"""What sources other than radar, reflectance and terrain give: names and units."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

QUANTITIES: Mapping[str, str] = MappingProxyType(
    {
        "soil_moisture": "m3 m-3",
        "soil_temperature": "degC",
        "air_temperature": "degC",
        "surface_temperature": "K",
        "surface_temperature_2": "K",
        "precipitation": "m d-1",
        "snow_depth": "m",
        "snow_cover": "%",
        "lai": "1",
        "ndvi": "1",
        "evi": "1",
        "sand": "%",
        "silt": "%",
        "clay": "%",
        "bulk_density": "g cm-3",
    }
)
"""Canonical band -> units after scale and offset. ``surface_temperature`` is of Landsat's thermal
bands (10, then 11); ``soil_temperature`` and ``soil_moisture`` are of the top layer."""
