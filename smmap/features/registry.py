"""The features that a model card may name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from smmap.features.backscatter import BackscatterDb, SoilBackscatterDb
from smmap.features.feature import Feature
from smmap.features.optical import Evi, Ndmi, Ndvi, Reflectance, SurfaceTemperature
from smmap.features.quantity import Quantity
from smmap.features.setting import (
    AspectDeg,
    DayOfYear,
    Eastness,
    Elevation,
    IncidenceDeg,
    Latitude,
    Longitude,
    Northness,
    SlopeDeg,
)
from smmap.spec.card import ModelInput
from smmap.spec.errors import ConfigError

FEATURES: Mapping[str, type[Feature]] = MappingProxyType(
    {
        "backscatter_db": BackscatterDb,
        "soil_backscatter_db": SoilBackscatterDb,
        "incidence_deg": IncidenceDeg,
        "ndvi": Ndvi,
        "ndmi": Ndmi,
        "evi": Evi,
        "reflectance": Reflectance,
        "surface_temperature": SurfaceTemperature,
        "elevation": Elevation,
        "slope_deg": SlopeDeg,
        "aspect_deg": AspectDeg,
        "eastness": Eastness,
        "northness": Northness,
        "latitude": Latitude,
        "longitude": Longitude,
        "day_of_year": DayOfYear,
        "quantity": Quantity,
    }
)
"""Name in the card -> derivation."""


def get_feature(column: ModelInput, where: str) -> Feature:
    """The derivation of one input, its options and units checked.

    Parameters
    ----------
    column : ModelInput
        From a model card.
    where : str
        Which card, for the message.

    Raises
    ------
    ConfigError
        If the feature is unknown, an option does not fit, or the units are not the feature's.
    """
    at = f"{where}, input '{column.name}'"
    kind = FEATURES.get(column.feature)
    if kind is None:
        raise ConfigError(
            f"{at}: there is no feature '{column.feature}' (there are: {', '.join(FEATURES)})"
        )
    feature = kind.parse(column.options, at)
    if column.units != feature.units:
        raise ConfigError(
            f"{at}: feature '{column.feature}' is in '{feature.units}', not in '{column.units}'; "
            f"say 'units: \"{feature.units}\"', and convert the column "
            f"'{column.column or column.name}' of tables that hold other ones"
        )
    return feature
