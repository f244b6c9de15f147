"""A database of simulated cases: what a radar would see of soils that are known."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from smmap.features.array import Bools, Doubles
from smmap.features.decibel import to_db
from smmap.features.water_cloud import BAGHDADI2017, Polarisation, compute_canopy_backscatter
from smmap.simulate.soil import OH_SOIL_MOISTURE_RANGE, SoilModel, compute_soil_sigma0

SOIL_MOISTURE_RANGE = (0.03, 0.45)
"""Drawn soil moisture, m3/m3."""
INCIDENCE_RANGE = (29.0, 46.0)
"""Drawn incidence angle, degrees: the swath of Sentinel-1 IW."""
NDVI_RANGE = (0.0, 0.95)
"""Drawn NDVI."""
LOOKS_RANGE = (20.0, 200.0)
"""Drawn equivalent number of looks after averaging or despeckling."""
AGE_RANGE = (0.0, 10.0)
"""Drawn days between the optical and the radar scene."""

CANOPY_SPREAD = 0.15
"""Relative half-width of the uniform draw of A and B."""
RADIOMETRIC_NOISE_DB: dict[Polarisation, float] = {"vv": 0.7, "vh": 1.0}
"""Standard deviation of the radar's calibration, dB."""
MODEL_NOISE_DB: dict[Polarisation, float] = {"vv": 1.0, "vh": 1.5}
"""Standard deviation of the soil and canopy models, dB."""
NDVI_NOISE = 0.1
"""Relative standard deviation of NDVI on the day itself."""
NDVI_NOISE_PER_DAY = 0.01
"""Added to it for each day between optical and radar scene."""


@dataclass(frozen=True)
class Cases:
    """Simulated cases, one an element: all arrays have shape (n,) and float64."""

    soil_moisture: Doubles
    """Truth, m3/m3."""
    rms_height_cm: Doubles
    """Truth, cm."""
    incidence_deg: Doubles
    """On the ellipsoid, degrees."""
    ndvi: Doubles
    """Truth."""
    looks: Doubles
    """Equivalent number of looks of the speckle."""
    age_days: Doubles
    """Between the optical and the radar scene."""
    vv_db: Doubles
    """Total backscatter with all noise, sigma0 ellipsoid, dB."""
    vh_db: Doubles
    """The same, cross-polarised."""
    ndvi_observed: Doubles
    """NDVI with its error; at most 1."""

    def select(self, chosen: Bools) -> Cases:
        """Those that are chosen, (n,) bool."""
        return Cases(**{one.name: getattr(self, one.name)[chosen] for one in fields(self)})


def draw_cases(
    n: int,
    seed: int,
    soil_model: SoilModel = "baghdadi2016",
    *,
    incidence_deg: float | None = None,
    soil_moisture_range: tuple[float, float] | None = None,
) -> Cases:
    """Draw ``n`` cases in the way of El Hajj et al. 2017, doi:10.3390/rs9121292.

    The same seed draws the same fields and noise under either soil model and at any angle.

    Parameters
    ----------
    n
        How many.
    seed
        Of the random numbers; different seeds are independent.
    soil_model
        Forward model of the bare soil.
    incidence_deg
        One angle for all cases, instead of a drawn one.
    soil_moisture_range
        Lowest and highest soil moisture, m3/m3; by default `SOIL_MOISTURE_RANGE`, and under
        ``oh2004`` that model's validity.
    """
    rng = np.random.default_rng(seed)
    usual = SOIL_MOISTURE_RANGE if soil_model == "baghdadi2016" else OH_SOIL_MOISTURE_RANGE
    soil_moisture = rng.uniform(*(soil_moisture_range or usual), n)
    rms_height_cm = np.clip(rng.lognormal(np.log(1.2), 0.45, n), 0.5, 3.8)
    angles = rng.uniform(*INCIDENCE_RANGE, n)
    if incidence_deg is not None:
        angles = np.full(n, incidence_deg)
    ndvi = rng.uniform(*NDVI_RANGE, n)
    looks = rng.uniform(*LOOKS_RANGE, n)
    age_days = rng.uniform(*AGE_RANGE, n)
    incidence_rad = np.radians(angles)
    observed: dict[Polarisation, Doubles] = {}
    for polarisation, canopy in BAGHDADI2017.items():
        soil = compute_soil_sigma0(
            soil_moisture, rms_height_cm, incidence_rad, polarisation, soil_model
        )
        a, b = canopy.a * _spread(rng, n), canopy.b * _spread(rng, n)
        total = compute_canopy_backscatter(soil, incidence_rad, ndvi, a, b)
        noise_db = np.hypot(RADIOMETRIC_NOISE_DB[polarisation], MODEL_NOISE_DB[polarisation])
        speckle = rng.gamma(looks) / looks
        observed[polarisation] = to_db(total * speckle) + rng.normal(0, noise_db, n)
    error = (NDVI_NOISE + NDVI_NOISE_PER_DAY * age_days) * rng.standard_normal(n)
    return Cases(
        soil_moisture=soil_moisture,
        rms_height_cm=rms_height_cm,
        incidence_deg=angles,
        ndvi=ndvi,
        looks=looks,
        age_days=age_days,
        vv_db=observed["vv"],
        vh_db=observed["vh"],
        ndvi_observed=np.minimum(ndvi * (1 + error), 1.0),
    )


def _spread(rng: np.random.Generator, n: int) -> Doubles:
    return rng.uniform(1 - CANOPY_SPREAD, 1 + CANOPY_SPREAD, n)
