"""Sentinel-2 surface reflectance of a ground, under its sky."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Bools, Doubles
from smmap.simulate.clouds import SUN_AZIMUTH_DEG, SUN_ELEVATION_DEG, Sky
from smmap.simulate.ground import Ground

SCALE, OFFSET = 1e-4, -0.1
"""Of the stored numbers from processing baseline 04.00 on: reflectance = stored x 1e-4 - 0.1."""
FINE_BANDS = ("blue", "green", "red", "nir")
"""Served at 10 m."""
COARSE_BANDS = ("swir16", "swir22")
"""Served at 20 m."""

# Reflectance of dry soil, wet soil, full canopy, water, cloud.
_SPECTRA: Mapping[str, tuple[float, float, float, float, float]] = {
    "blue": (0.080, 0.045, 0.022, 0.045, 0.58),
    "green": (0.115, 0.065, 0.048, 0.050, 0.57),
    "red": (0.155, 0.085, 0.022, 0.030, 0.56),
    "swir16": (0.320, 0.180, 0.165, 0.010, 0.42),
    "swir22": (0.260, 0.140, 0.080, 0.007, 0.34),
}
_SHADE = 0.62
_GREEN_NDVI = 0.4
_NO_DATA, _SHADOW, _VEGETATION, _BARE, _WATER, _MEDIUM, _HIGH, _CIRRUS = 0, 3, 4, 5, 6, 8, 9, 10


def compute_reflectance(
    ground: Ground, soil_moisture: Doubles, ndvi: Doubles
) -> dict[str, Doubles]:
    """Surface reflectance under a clear sky, (h, w) a band.

    Near infrared follows from red and NDVI, so that NDVI comes out exactly.
    """
    canopy = np.clip((ndvi - 0.1) / 0.8, 0, 1)
    wetness = np.clip((soil_moisture - 0.03) / 0.42, 0, 1)
    light = _compute_illumination(ground)
    bands = {}
    for name, (dry, wet, green, water, _) in _SPECTRA.items():
        soil = dry + (wet - dry) * wetness
        bands[name] = light * np.where(ground.water, water, soil + (green - soil) * canopy)
    bands["nir"] = bands["red"] * (1 + ndvi) / (1 - ndvi)
    return bands


def cover_reflectance(bands: Mapping[str, Doubles], sky: Sky) -> dict[str, Doubles]:
    """The bands as they look through shadow, cirrus and cloud."""
    covered = {}
    for name, clear in bands.items():
        cloud = _SPECTRA["red" if name == "nir" else name][-1]
        dim = clear * (1 - _SHADE * sky.shadow)
        hazy = dim + (cloud - dim) * sky.cirrus
        covered[name] = hazy + (cloud - hazy) * sky.cloud
    return covered


def classify_scene(ground: Ground, ndvi: Doubles, sky: Sky) -> NDArray[np.uint8]:
    """Scene classification at 20 m, (h / 2, w / 2): whatever the sky touches is not clear."""
    gathered = (_gather(one).max(axis=(1, 3)) for one in (sky.cloud, sky.cirrus, sky.shadow))
    water = _gather(ground.water).mean(axis=(1, 3)) >= 0.5
    return classify_pixels(water, compute_coarse(ndvi), Sky(*gathered))


def classify_pixels(water: Bools, ndvi: Doubles, sky: Sky) -> NDArray[np.uint8]:
    """Scene classification of each pixel, (h, w): whatever the sky touches is not clear."""
    classes = np.where(ndvi > _GREEN_NDVI, _VEGETATION, _BARE)
    classes = np.where(water, _WATER, classes)
    classes = np.where(sky.shadow > 0, _SHADOW, classes)
    classes = np.where(sky.cirrus > 0, _CIRRUS, classes)
    classes = np.where(sky.cloud > 0, np.where(sky.cloud > 0.5, _HIGH, _MEDIUM), classes)
    return classes.astype(np.uint8)


def compute_cloud_cover(classes: NDArray[np.uint8]) -> float:
    """Share of cloud and cirrus, percent."""
    cloudy: Bools = np.isin(classes, (_MEDIUM, _HIGH, _CIRRUS))
    return round(100 * float(cloudy.mean()), 2)


def store_reflectance(band: Doubles) -> NDArray[np.uint16]:
    """Reflectance as it is stored; never the nodata value 0."""
    return np.clip(np.rint((band - OFFSET) / SCALE), 1, 65535).astype(np.uint16)


def compute_coarse(band: Doubles) -> Doubles:
    """Mean of each 2 x 2 pixels: from 10 m to 20 m."""
    return np.asarray(_gather(band).mean(axis=(1, 3)))


def _gather(band: NDArray[np.generic]) -> NDArray[np.generic]:
    return band.reshape(band.shape[0] // 2, 2, band.shape[1] // 2, 2)


def _compute_illumination(ground: Ground) -> Doubles:
    """Light on the slope beside light on the flat; half of it survives the terrain correction."""
    east, north = ground.compute_gradient()
    azimuth, elevation = radians(SUN_AZIMUTH_DEG), radians(SUN_ELEVATION_DEG)
    towards = east * sin(azimuth) + north * cos(azimuth)
    direct = (1 - towards / np.tan(elevation)) / np.sqrt(1 + east**2 + north**2)
    return np.asarray(0.5 + 0.5 * np.clip(direct, 0.2, 2))
