"""The keys under which a recipe names its sources, and which sensors may stand under each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from smmap.spec.definition import Sensor

SourceKey = Literal[
    "sentinel1",
    "sentinel2",
    "landsat",
    "dem",
    "era5_land",
    "modis_lai",
    "modis_vegetation",
    "smap",
    "gldas",
    "soil",
    "land_cover",
]

SENSORS: Mapping[SourceKey, Sensor] = MappingProxyType(
    {
        "sentinel1": "sentinel-1",
        "sentinel2": "sentinel-2",
        "landsat": "landsat",
        "dem": "dem",
        "era5_land": "era5-land",
        "modis_lai": "modis-lai",
        "modis_vegetation": "modis-vegetation",
        "smap": "smap",
        "gldas": "gldas",
        "soil": "soil",
        "land_cover": "land-cover",
    }
)
"""Source key -> what its definition must be for. ERA5 is not ERA5-Land, and has no key here."""

OPTICAL: tuple[SourceKey, ...] = ("sentinel2", "landsat")
"""Scenes of fine pixels: masked, resampled, then joined in time."""
FIELDS: tuple[SourceKey, ...] = (
    "era5_land",
    "modis_lai",
    "modis_vegetation",
    "smap",
    "gldas",
    "soil",
)
"""Coarse pixels: joined in time on their own grid, then interpolated smoothly."""
