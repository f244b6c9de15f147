"""All scenes of one platform and orbit over a tile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import pystac

OrbitState = Literal["ascending", "descending"]


@dataclass(frozen=True)
class Overpass:
    """One pass of one satellite: slices of the same orbit belong together."""

    id: str
    """Platform and absolute orbit, else relative orbit and pass date; never a time."""
    platform: str
    """Lower case, for example ``sentinel-1a``; ``unknown`` where the items do not say."""
    orbit_state: OrbitState | None
    """None where the items do not say."""
    relative_orbit: int | None
    """1..175; None where the items do not say."""
    datetime: datetime
    """Middle of the acquisition, UTC."""
    items: tuple[pystac.Item, ...]
    """Its scenes, by time then id."""
    local_date: date | None = None
    """Date in local mean solar time, which a late slice around midnight UTC does not move."""
