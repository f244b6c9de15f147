"""What the physics model's card says in words."""

from __future__ import annotations

CITATIONS = (
    "10.3390/rs8110920",
    "10.3390/rs9090969",
    "10.3390/rs9121292",
    "10.1109/TGRS.2003.821065",
)
"""Soil model, canopy model, the way of training, and the challenging soil model."""

DESCRIPTION = (
    "Inverts simulated backscatter: bare soil by Baghdadi et al. (2016), canopy by the water "
    "cloud model of Baghdadi et al. (2017) with V = NDVI, in the way of El Hajj et al. (2017). "
    "No in-situ data and no place went into it. It takes total VV backscatter (sigma0 on the "
    "ellipsoid, averaged in linear power to 20 looks or more), so nothing is subtracted at run "
    "time and no soil power can become negative. It is made for bare soil, crops and grassland; "
    "it knows nothing of forest, towns, water, snow or frost, which must be flagged beside it."
)
"""``description`` of the card."""

EXPECTATIONS = (
    "At field scale expect RMSE 0.07-0.10 m3/m3 and R 0.4-0.7 without a prior; from single-look "
    "pixels of 10 m hardly more than the prior knows. `metrics` comes from simulated cases over "
    "the whole range of moisture and all angles, and holds only as far as the simulation does: "
    "bare soil at steep incidence is known best, dense vegetation at grazing incidence hardly at "
    "all, and `metrics.structural` shows what the choice of the soil model alone is worth. The "
    "estimate is drawn towards the middle of the prior (0.03-0.45 m3/m3, uniform), the more so "
    "the less the radar sees of the soil, so dry fields come out too wet and wet ones too dry; "
    "its uncertainty says how much. Above NDVI 0.8 it is close to the prior. Differences between "
    "dates of one field and orbit are worth more than absolute values, because roughness and row "
    "direction change slowly. Tillage, irrigation, rows and dew mimic moisture. Values above 0.40"
    " m3/m3 are unreliable."
)
"""``expectations`` of the card."""
