"""From what a provider's pixels mean to what a model was fitted on.

sigma0 = gamma0 cos(theta), theta the ellipsoid incidence angle. For terrain-flattened gamma0 the
result is no sigma0 on the ellipsoid, so it keeps a name of its own.
"""

from __future__ import annotations

import numpy as np

from smmap.features.array import Doubles, Floats
from smmap.spec.card import RadarMeaning
from smmap.spec.definition import Radiometry
from smmap.spec.errors import SceneError
from smmap.spec.input_list import FeatureSet

ACCEPTED: dict[RadarMeaning, tuple[RadarMeaning, ...]] = {
    "sigma0_ellipsoid": ("sigma0_ellipsoid", "sigma0_from_rtc"),
    "sigma0_from_rtc": ("sigma0_from_rtc",),
    "gamma0_ellipsoid": ("sigma0_ellipsoid",),
    "gamma0_terrain": ("sigma0_from_rtc",),
}
"""What a card was fitted on -> what scenes may mean after ``compute_sigma0``."""


def get_meaning(radiometry: Radiometry) -> RadarMeaning:
    """What pixels of this radiometry mean once they are sigma0."""
    return "sigma0_from_rtc" if radiometry.surface == "terrain" else "sigma0_ellipsoid"


def compute_sigma0(
    power: Floats, incidence_deg: Floats, radiometry: Radiometry
) -> tuple[Floats, RadarMeaning]:
    """Backscatter as sigma0.

    Parameters
    ----------
    power : float array
        Linear power as the provider has it; NaN is nodata.
    incidence_deg : float array, same shape
        Ellipsoid incidence angle, degrees; sigma0 does not ask for it.
    radiometry : Radiometry
        What ``power`` is.

    Returns
    -------
    sigma0 : float array
        Linear power; NaN where nodata. ``power`` itself where that is sigma0.
    meaning : RadarMeaning
        ``sigma0_ellipsoid``, or ``sigma0_from_rtc`` for terrain-corrected pixels.
    """
    if radiometry.quantity == "gamma0":
        cosine = np.cos(np.radians(incidence_deg, dtype=np.float64))
        power = np.asarray(power, dtype=np.float64) * cosine
    return power, get_meaning(radiometry)


def check_radiometry(meaning: RadarMeaning, card: FeatureSet) -> None:
    """Refuse scenes that a model was not fitted on.

    A card for ``sigma0_ellipsoid`` takes ``sigma0_from_rtc`` too (the caller records it); a card
    for gamma0 takes the sigma0 that was made from that gamma0, or amounts to it.

    Raises
    ------
    SceneError
        If nothing leads from ``meaning`` to the card's radiometry.
    """
    accepted = ACCEPTED[card.radiometry]
    if meaning not in accepted:
        raise SceneError(
            f"model '{card.name}' was fitted on {card.radiometry}, and scenes that are {meaning} "
            f"cannot be converted to it: choose a source that gives {' or '.join(accepted)}, "
            "or another model"
        )


def needs_gamma0(card: FeatureSet) -> bool:
    """Whether the card's radar inputs are gamma0."""
    return card.radiometry.startswith("gamma0")


def compute_gamma0(sigma0: Floats, incidence_rad: Floats) -> Doubles:
    """sigma0 / cos(theta): the way back, for cards fitted on gamma0.

    Parameters
    ----------
    sigma0 : float array
        Linear power; NaN is nodata.
    incidence_rad : float array, same shape
        Ellipsoid incidence angle, radians.

    Returns
    -------
    float64 array
        Linear power; NaN where an input is NaN.
    """
    return np.asarray(
        np.asarray(sigma0, dtype=np.float64) / np.cos(np.asarray(incidence_rad, dtype=np.float64))
    )
