"""Whether a radar scene's time, outline and orbit number fit the direction that its item states.

Sentinel-1 crosses the equator northwards at 18 h local mean solar time and southwards at 6 h, looks
to the right, and comes back on the same 175 tracks (ESA, Sentinel-1 User Handbook,
GMES-S1OP-EOPG-TN-13-0001). So each of the three tells the direction, whatever the item says.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from smmap.catalog.footprint import compute_centroid, compute_unrolled
from smmap.features.incidence import compute_incidence
from smmap.spec.overpass import OrbitState

_CROSSING_HOURS: dict[OrbitState, float] = {"ascending": 18.0, "descending": 6.0}
_NEAR_HOURS = 3.0
"""Nearer than this to a crossing no pass of the other direction is seen: over all latitudes what
Sentinel-1 sees lies within 6 hours of its own."""
_SLICE_KM2 = 10_000.0
"""Smaller outlines are cut out, by whatever shape."""
_TILT_DEG = (5.0, 40.0)
"""By how much a slice is turned: the former is more than a map's north leaves the true one."""
_TELLING_DEG = 70.0
"""Latitude up to which a track bears less than 30 degrees from north."""
_FULL = 0.9
"""Share of its narrowest rectangle that a slice fills."""
_SEEN_DEG = (15.0, 55.0)
"""Where any of its modes looks, with room for what the middle of an outline says of a swath."""
_KM_A_DEGREE = 111.2


def find_contradiction(
    platform: str,
    state: OrbitState | None,
    start: datetime,
    footprint: BaseGeometry,
    relative: int | None = None,
) -> str | None:
    """Why a scene cannot have been taken as its item says; None if nothing speaks against.

    Parameters
    ----------
    platform
        Of `Candidate.platform`: others than Sentinel-1 are not judged.
    state
        Direction of the pass; None is not judged.
    start
        First instant, UTC. A full hour is taken for nominal, and says nothing.
    footprint
        Longitude and latitude.
    relative
        Relative orbit, where it is to be judged too.
    """
    if state is None or not platform.startswith("sentinel-1"):
        return None
    lon, lat = compute_centroid(footprint)
    hours = _compute_solar_hours(start, lon)
    told = _tell_by_time(start, hours) or state
    if told != state:
        return f"it says {state}, but at {hours:.1f} h local solar time Sentinel-1 is {told}"
    if (_tell_by_outline(footprint) or state) != state:
        return f"it says {state}, but its outline leans as that of the other direction"
    if relative is not None and not _is_seen(state, relative, lon, lat):
        return f"no {state} pass of its relative orbit {relative} sees {lat:.1f} N {lon:.1f} E"
    return None


def _compute_solar_hours(start: datetime, lon: float) -> float:
    """Local mean solar time."""
    begin = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return ((start - begin) / timedelta(hours=1) + lon / 15) % 24


def _tell_by_time(start: datetime, hours: float) -> OrbitState | None:
    if (start.minute, start.second, start.microsecond) == (0, 0, 0):
        return None
    for state, crossing in _CROSSING_HOURS.items():
        if abs(hours - crossing) <= _NEAR_HOURS:
            return state
    return None


def _tell_by_outline(footprint: BaseGeometry) -> OrbitState | None:
    """By the turn of a slice: an ascending track bears west of north, a descending one east of it.

    None where it is no slice: clipped, or the outline of a map.
    """
    whole = compute_unrolled(footprint)
    middle = whole.centroid
    if abs(middle.y) > _TELLING_DEG:
        return None
    scale = _KM_A_DEGREE * np.array([np.cos(np.radians(middle.y)), 1.0])
    plane = shapely.transform(whole, lambda points: points * scale)
    if plane.area < _SLICE_KM2:
        return None
    box = shapely.minimum_rotated_rectangle(plane)
    if plane.area < _FULL * box.area:
        return None
    (x0, y0), (x1, y1) = shapely.get_coordinates(box)[:2]
    # Which of the sides lies along the track does not matter: all are turned alike.
    turn = (np.degrees(np.arctan2(y1 - y0, x1 - x0)) + 45) % 90 - 45
    if not _TILT_DEG[0] <= abs(turn) <= _TILT_DEG[1]:
        return None
    return "ascending" if turn > 0 else "descending"


def _is_seen(state: OrbitState, relative: int, lon: float, lat: float) -> bool:
    if relative > 175:  # compute_incidence has its own word for that
        return True
    angle = compute_incidence(
        np.array(lon), np.array(lat), orbit_state=state, relative_orbit=relative
    )
    return bool(_SEEN_DEG[0] <= angle <= _SEEN_DEG[1])
