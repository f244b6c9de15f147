"""Sentinel-1 backscatter of a ground, and the scene that a pass makes of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from smmap.features.array import Doubles
from smmap.features.water_cloud import BAGHDADI2017, Polarisation, compute_canopy_backscatter
from smmap.simulate.ground import Ground
from smmap.simulate.soil import compute_soil_sigma0
from smmap.simulate.speckle import draw_speckle
from smmap.simulate.swath import View

WATER_SIGMA0_DB: Mapping[Polarisation, float] = {"vv": -22.0, "vh": -28.0}
"""Open water in a light wind."""
BORDER_NOISE = 2e-4
"""Mean power of border noise, linear."""

_STEEPEST_GAIN = 4.0


def compute_sigma0(
    ground: Ground,
    soil_moisture: Doubles,
    ndvi: Doubles,
    view: View,
    polarisation: Polarisation,
) -> Doubles:
    """Ellipsoid sigma0 without noise, linear power, (h, w).

    Soil by Baghdadi et al. 2016 and canopy by Baghdadi et al. 2017 at the ellipsoid's angle;
    relief only changes the area that a pixel lights up: sin(theta) / sin(local theta).
    """
    theta = np.radians(view.incidence_deg)
    soil = compute_soil_sigma0(soil_moisture, ground.rms_height_cm, theta, polarisation)
    canopy = BAGHDADI2017[polarisation]
    land = compute_canopy_backscatter(soil, theta, np.clip(ndvi, 0, 1), canopy.a, canopy.b)
    gain = np.sin(theta) / np.sin(compute_local_incidence(ground, view))
    water = 10 ** (WATER_SIGMA0_DB[polarisation] / 10)
    return np.where(ground.water, water, land * np.minimum(gain, _STEEPEST_GAIN))


def compute_local_incidence(ground: Ground, view: View) -> Doubles:
    """Angle between the look and the surface's normal within the plane of the look, radians."""
    east, north = ground.compute_gradient()
    rise = east * view.look_east + north * view.look_north
    return np.asarray(np.radians(view.incidence_deg) - np.arctan(rise))


def add_speckle(
    sigma0: Mapping[Polarisation, Doubles], rng: np.random.Generator
) -> dict[Polarisation, Doubles]:
    """Each polarisation with speckle of its own."""
    return {name: power * draw_speckle(power.shape, rng) for name, power in sigma0.items()}
