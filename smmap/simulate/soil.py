"""Backscatter of bare soil: two published forward models, linear power.

Both take arrays that broadcast against each other; NaN in gives NaN out.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smmap.features.array import Doubles
from smmap.features.water_cloud import Polarisation

SoilModel = Literal["baghdadi2016", "oh2004"]

WAVENUMBER = 1.1328
"""Radar wavenumber k = 2 pi f / c at 5.405 GHz (Sentinel-1), radians per centimetre."""

OH_SOIL_MOISTURE_RANGE = (0.04, 0.291)
"""Soil moisture, m3/m3, over which Oh (2004) holds."""
OH_ROUGHNESS_RANGE = (0.13, 6.98)
"""ks over which Oh (2004) holds."""

# factor (log10), cosine exponent, moisture slope (1 / vol %), roughness exponent
_BAGHDADI = {
    "vv": (-1.138, 1.528, 0.008, 0.71),
    "vh": (-2.325, -0.01, 0.011, 0.44),
}


def compute_soil_sigma0(
    soil_moisture: ArrayLike,
    rms_height_cm: ArrayLike,
    incidence_rad: ArrayLike,
    polarisation: Polarisation,
    model: SoilModel = "baghdadi2016",
) -> Doubles:
    """Ellipsoid sigma0 of bare soil, by the model named.

    Parameters
    ----------
    soil_moisture
        Volumetric, m3/m3.
    rms_height_cm
        Standard deviation of surface height, cm.
    incidence_rad
        Incidence angle on the ellipsoid, radians.
    polarisation
        ``vv`` or ``vh``.
    model
        Which of the two.

    Returns
    -------
    ndarray
        Linear power; NaN where an input is NaN or outside the validity of ``oh2004``.
    """
    compute = compute_baghdadi2016 if model == "baghdadi2016" else compute_oh2004
    return compute(soil_moisture, rms_height_cm, incidence_rad, polarisation)


def compute_baghdadi2016(
    soil_moisture: ArrayLike,
    rms_height_cm: ArrayLike,
    incidence_rad: ArrayLike,
    polarisation: Polarisation,
) -> Doubles:
    """Baghdadi et al. (2016), an empirical model; doi:10.3390/rs8110920.

    See `compute_soil_sigma0` for the parameters. The paper's mv is in vol %.
    """
    factor, cosine, slope, roughness = _BAGHDADI[polarisation]
    theta = np.asarray(incidence_rad, dtype=np.float64)
    percent = 100 * np.asarray(soil_moisture, dtype=np.float64)
    ks = WAVENUMBER * np.asarray(rms_height_cm, dtype=np.float64)
    moist = 10 ** (factor + slope * percent / np.tan(theta))
    return np.asarray(moist * np.cos(theta) ** cosine * ks ** (roughness * np.sin(theta)))


def compute_oh2004(
    soil_moisture: ArrayLike,
    rms_height_cm: ArrayLike,
    incidence_rad: ArrayLike,
    polarisation: Polarisation,
) -> Doubles:
    """Oh (2004), a semi-empirical model; doi:10.1109/TGRS.2003.821065.

    See `compute_soil_sigma0` for the parameters. NaN outside `OH_SOIL_MOISTURE_RANGE` and
    `OH_ROUGHNESS_RANGE`.
    """
    theta = np.asarray(incidence_rad, dtype=np.float64)
    mv = np.asarray(soil_moisture, dtype=np.float64)
    ks = WAVENUMBER * np.asarray(rms_height_cm, dtype=np.float64)
    valid = _within(mv, OH_SOIL_MOISTURE_RANGE) & _within(ks, OH_ROUGHNESS_RANGE)
    sigma0 = 0.11 * mv**0.7 * np.cos(theta) ** 2.2 * (1 - np.exp(-0.32 * ks**1.8))
    if polarisation == "vv":
        ratio = 0.095 * (0.13 + np.sin(1.5 * theta)) ** 1.4 * (1 - np.exp(-1.3 * ks**0.9))
        sigma0 = sigma0 / ratio
    return np.where(valid, sigma0, np.nan)


def _within(values: Doubles, bounds: tuple[float, float]) -> NDArray[np.bool_]:
    return np.asarray((values >= bounds[0]) & (values <= bounds[1]))
