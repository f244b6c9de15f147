"""The Water Cloud Model: what a canopy adds to the soil's echo, and how much it lets through.

Source: Attema and Ulaby 1978, DOI 10.1029/RS013i002p00357. All backscatter is linear power.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from smmap.features.array import Bools, Doubles, Floats

Polarisation = Literal["vv", "vh"]
CoefficientName = Literal["gssm10", "as-printed"]

DENSE_NDVI = 0.8
"""Where the global 10 m study changes its vegetation description."""


@dataclass(frozen=True)
class VegetationSlopes:
    """A = a V and B = b V: both grow with vegetation, as the global 10 m study has it.

    This is not the model's usual form, in which A and B are constants (``CanopyConstants``).
    """

    a: float
    """Vegetation scattering per unit of V."""
    b: float
    """Attenuation per unit of V."""
    dense_a: float
    """The same above ``DENSE_NDVI``."""
    dense_b: float
    """The same above ``DENSE_NDVI``."""
    clipped: bool
    """True: V = clip(NDVI, 0, 0.8); False: V = NDVI."""


@dataclass(frozen=True)
class CanopyConstants:
    """A and B of the usual form: the same for every amount of vegetation."""

    a: float
    """Vegetation scattering."""
    b: float
    """Attenuation."""


GSSM10: Mapping[Polarisation, VegetationSlopes] = MappingProxyType(
    {
        "vv": VegetationSlopes(0.12, 0.70, 0.12, 0.70, clipped=True),
        "vh": VegetationSlopes(0.05, 1.45, 0.05, 1.45, clipped=True),
    }
)
"""As the global 10 m study's program has it: continuous in NDVI."""

AS_PRINTED: Mapping[Polarisation, VegetationSlopes] = MappingProxyType(
    {
        "vv": VegetationSlopes(0.12, 0.70, 0.095, 0.56, clipped=False),
        "vh": VegetationSlopes(0.05, 1.45, 0.04, 1.16, clipped=False),
    }
)
"""As the same study's text prints it: jumps at NDVI 0.8; for reading its figures only."""

COEFFICIENTS: Mapping[CoefficientName, Mapping[Polarisation, VegetationSlopes]] = MappingProxyType(
    {"gssm10": GSSM10, "as-printed": AS_PRINTED}
)
"""Named coefficient sets of the correction."""

BAGHDADI2017: Mapping[Polarisation, CanopyConstants] = MappingProxyType(
    {"vv": CanopyConstants(0.0950, 0.5513), "vh": CanopyConstants(0.0413, 1.1662)}
)
"""Fitted with V = NDVI of surface reflectance; Baghdadi et al. 2017, DOI 10.3390/rs9090969."""


def compute_soil_backscatter(
    sigma0: Floats, incidence_rad: Floats, ndvi: Floats, slopes: VegetationSlopes
) -> tuple[Doubles, Bools]:
    """Take the canopy off: sigma0_soil = (sigma0 - sigma0_vegetation) / tau2.

    tau2 = exp(-2 B V / cos(theta)), sigma0_vegetation = A V cos(theta) (1 - tau2),
    with A = a V and B = b V.

    Parameters
    ----------
    sigma0 : float array
        Total backscatter, linear power.
    incidence_rad : float array, same shape
        Ellipsoid incidence angle, radians.
    ndvi : float array, same shape
        Vegetation index.
    slopes : VegetationSlopes
        One polarisation of a coefficient set.

    Returns
    -------
    soil : float64 array
        Linear power; NaN where an input is NaN or the soil's power would not be positive.
    overcorrected : bool array
        True where all inputs are there, but the soil's power would not be positive.
    """
    power, theta, index = (
        np.asarray(one, dtype=np.float64) for one in (sigma0, incidence_rad, ndvi)
    )
    vegetation = np.clip(index, 0.0, DENSE_NDVI) if slopes.clipped else index
    dense = index > DENSE_NDVI
    a = np.where(dense, slopes.dense_a, slopes.a) * vegetation
    b = np.where(dense, slopes.dense_b, slopes.b) * vegetation
    added, transmitted = _compute_canopy(theta, vegetation, a, b)
    soil = (power - added) / transmitted
    overcorrected = soil <= 0
    return np.where(overcorrected, np.nan, soil), overcorrected


def compute_canopy_backscatter(
    soil_sigma0: Floats, incidence_rad: Floats, ndvi: Floats, a: Floats | float, b: Floats | float
) -> Doubles:
    """Put a canopy on: A V cos(theta) (1 - tau2) + tau2 sigma0_soil, with A and B constant in V.

    Parameters
    ----------
    soil_sigma0 : float array
        Backscatter of the bare soil, linear power.
    incidence_rad : float array, same shape
        Ellipsoid incidence angle, radians.
    ndvi : float array, same shape
        V, the vegetation index of surface reflectance.
    a, b : float or float array, same shape
        Scattering and attenuation, for example of ``BAGHDADI2017``.

    Returns
    -------
    float64 array
        Total backscatter, linear power; NaN where an input is NaN.
    """
    soil, theta, vegetation = (
        np.asarray(one, dtype=np.float64) for one in (soil_sigma0, incidence_rad, ndvi)
    )
    added, transmitted = _compute_canopy(theta, vegetation, a, b)
    return np.asarray(added + transmitted * soil)


def _compute_canopy(
    theta: Doubles, vegetation: Doubles, a: Floats | float, b: Floats | float
) -> tuple[Doubles, Doubles]:
    """Power that the canopy adds, and the two-way share of the soil's power it lets through."""
    cosine = np.cos(theta)
    transmitted = np.exp(-2.0 * b * vegetation / cosine)
    return np.asarray(a * vegetation * cosine * (1.0 - transmitted)), np.asarray(transmitted)
