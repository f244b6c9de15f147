"""What features ask of a recipe's sources: a band of a source, brought to the overpass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args

from smmap.features.optical import ReflectanceBand
from smmap.spec.card import ModelInput
from smmap.spec.errors import ConfigError
from smmap.spec.join import Join
from smmap.spec.source import OPTICAL, SourceKey

REFLECTANCES = frozenset(get_args(ReflectanceBand))
"""Layers that an optical scene gives."""
FACING = frozenset(("aspect_deg", "eastness", "northness"))
"""Layers that say where a slope faces."""
TERRAIN = frozenset(("elevation", "slope_deg")) | FACING
"""Layers that an elevation model gives."""
_OF_OVERPASS = frozenset(
    ("sigma0_vv", "sigma0_vh", "incidence_deg", "latitude", "longitude", "day_of_year")
)
_USUAL: Mapping[str, SourceKey] = MappingProxyType(
    {
        **dict.fromkeys(("surface_temperature", "surface_temperature_2"), "landsat"),
        **dict.fromkeys(("soil_temperature", "air_temperature", "precipitation"), "era5_land"),
        **dict.fromkeys(("snow_depth", "snow_cover"), "era5_land"),
        **dict.fromkeys(("sand", "silt", "clay", "bulk_density"), "soil"),
        "lai": "modis_lai",
        "ndvi": "modis_vegetation",
        "evi": "modis_vegetation",
    }
)
"""Where a quantity comes from unless an input names its source."""


@dataclass(frozen=True)
class Request:
    """One layer that is not of the radar scene itself."""

    source: SourceKey
    """Where it comes from."""
    band: str
    """Canonical name."""
    join: Join | None = None
    """How it is brought to the overpass; None: as the recipe says, or static."""

    @property
    def name(self) -> str:
        """Name of the layer."""
        return f"{self.source}:{self.band}" + (f"@{self.join.key}" if self.join else "")


def find_requests(column: ModelInput, layers: Iterable[str], where: str) -> dict[str, Request]:
    """Which of a feature's layers must be asked for by name, and how.

    Layers of the overpass, the terrain, and Sentinel-2 joined as the recipe says have their plain
    names; they are not among them.

    Raises
    ------
    ConfigError
        If the input does not say which source a quantity comes from.
    """
    requests: dict[str, Request] = {}
    for layer in layers:
        if layer in _OF_OVERPASS or layer in TERRAIN:
            continue
        if layer in REFLECTANCES:
            source: SourceKey | None = column.source or "sentinel2"
            if source == "sentinel2" and column.join is None:
                continue
        else:
            source = column.source or _USUAL.get(layer)
        if source is None:
            raise ConfigError(
                f"{where}, input '{column.name}': several sources give '{layer}'; name one under "
                "'source'"
            )
        requests[layer] = Request(source, layer, column.join)
    return requests


def is_optical(request: Request) -> bool:
    """Whether it is of scenes with fine pixels, which are masked and joined on the map's grid."""
    return request.source in OPTICAL
