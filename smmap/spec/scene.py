"""A scene ready to be read: an item of which everything that reading needs has been settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from smmap.spec.band import Band
from smmap.spec.definition import Definition
from smmap.spec.overpass import OrbitState


@dataclass(frozen=True)
class Scene:
    """One item's bands, with the few facts about it that decide pixels."""

    id: str
    """The item's id."""
    datetime: datetime
    """Middle of the acquisition, UTC."""
    definition: Definition
    """The catalogue definition that applies."""
    bands: Mapping[str, Band]
    """Canonical name -> where and how."""
    centre: tuple[float, float]
    """Longitude and latitude of the footprint's centroid."""
    span_m: float
    """Longest side of the footprint, metres."""
    orbit_state: OrbitState | None = None
    """Radar only."""
    relative_orbit: int | None = None
    """Radar only."""
    mean_incidence_deg: float | None = None
    """The item's ``view:incidence_angle``."""
    annotation: str | None = None
    """Address of the product annotation, where the provider serves it; signed as the bands are."""
    check_dark_pixels: bool = False
    """True where the provider's word on the baseline offset is missing or must be checked."""
    provisional: bool = False
    """True where the provider will replace it by a final one."""
