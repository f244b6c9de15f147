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

BELIEVABLE: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "soil_moisture": (-0.1, 1.5),
        "soil_temperature": (-110.0, 90.0),
        "air_temperature": (-110.0, 90.0),
        "precipitation": (-0.01, 2.0),
        "snow_depth": (-0.1, 100.0),
        "snow_cover": (-1.0, 101.0),
        "lai": (-0.1, 20.0),
        "ndvi": (-2.0, 2.0),
        "evi": (-2.0, 2.0),
        "sand": (-1.0, 101.0),
        "silt": (-1.0, 101.0),
        "clay": (-1.0, 101.0),
        "bulk_density": (-0.01, 3.0),
    }
)
"""Canonical band -> what it lies between on Earth, with room for the noise of packing; of rain what
fell so far in a day (the most on record is 1.83 m, Foc-Foc, Réunion, 1966). What is beyond is in
other units, or a mark of nothing that is not declared."""
