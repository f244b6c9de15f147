"""Vegetation through the year: what fits the simulated fortnight, carried on to other dates."""

from __future__ import annotations

from math import pi, sin

import numpy as np

from smmap.features.array import Doubles
from smmap.features.indices import compute_evi
from smmap.simulate.landscape import WATER_NDVI, Landscape
from smmap.simulate.optical import compute_reflectance

_YEAR_DAYS = 365.25
_BARE_NDVI, _DENSE_NDVI, _EXTINCTION = 0.05, 0.96, 0.7
_USUAL_MOISTURE = 0.2


def compute_yearly_ndvi(landscape: Landscape, day: float) -> Doubles:
    """NDVI ``day`` days after the start, before it too: a year's wave with the same growth.

    Within the first fortnight it is that of `Landscape.compute_ndvi` within 0.002.
    """
    turn = 2 * pi / _YEAR_DAYS
    grown = landscape.ndvi + landscape.growth / turn * sin(turn * day)
    return np.where(landscape.water, WATER_NDVI, np.clip(grown, _BARE_NDVI, 0.93))


def compute_lai(ndvi: Doubles) -> Doubles:
    """Leaf area index of a canopy whose NDVI saturates; 0 for bare soil and water.

    Baret and Guyot 1991, DOI 10.1016/0034-4257(91)90009-U, with constants of our own.
    """
    cover = (np.clip(ndvi, _BARE_NDVI, None) - _DENSE_NDVI) / (_BARE_NDVI - _DENSE_NDVI)
    return np.asarray(-np.log(cover) / _EXTINCTION)


def compute_yearly_evi(landscape: Landscape, ndvi: Doubles) -> Doubles:
    """EVI of that NDVI over soil of usual moisture."""
    moisture = np.full(ndvi.shape, _USUAL_MOISTURE)
    bands = compute_reflectance(landscape, moisture, ndvi)
    return compute_evi(bands["nir"], bands["red"], bands["blue"])
