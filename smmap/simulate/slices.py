"""Where and when Sentinel-1A's products lie: every orbit cut into slices of 25 s."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import shapely

from smmap.features.array import Doubles
from smmap.features.orbit import (
    ECCENTRICITY,
    INCLINATION_RAD,
    MEAN_RADIUS_M,
    WGS84_A_M,
    WGS84_B_M,
    compute_geocentric,
    compute_node_longitude,
    compute_track_offset,
)
from smmap.simulate.orbits import FAR_EDGE_DEG, NODE, REPEAT_DAYS, REPEAT_ORBITS
from smmap.simulate.region import Region
from smmap.spec.overpass import OrbitState
from smmap.spec.period import Period

NEAR_EDGE_DEG = 31.0
"""Incidence angle at which the swath begins: 250 km before it ends (IW, Product Specification)."""
SLICE_TIME = timedelta(seconds=25)
"""What one product covers of a pass."""

_CYCLE = timedelta(days=REPEAT_DAYS)
_ORBIT = _CYCLE / REPEAT_ORBITS
_OVERLAP_S = 0.25
"""A slice reaches so far into its neighbours."""
_SIDE_POINTS = 5
_NORTHMOST_DEG = 80.0
_STEP_RAD = 1e-4


@dataclass(frozen=True)
class Slice:
    """One product of one pass."""

    absolute_orbit: int
    """Counted since launch."""
    relative_orbit: int
    """1..175."""
    orbit_state: OrbitState
    """Which way the satellite flies."""
    start: datetime
    """When it begins, UTC; it lasts `SLICE_TIME`."""
    outline: shapely.Polygon
    """Longitude and latitude."""


def list_slices(region: Region, period: Period) -> Iterator[Slice]:
    """Slices over the region that begin within the period, by time.

    None beyond 80 degrees of latitude, and none across the antimeridian.
    """
    templates = _find_templates(region)
    absolute, first = NODE
    start = absolute + math.floor((period.start - first) / _ORBIT)
    for number in range(start, start + math.ceil((period.end - period.start) / _ORBIT) + 2):
        relative = (number - 73) % REPEAT_ORBITS + 1
        for after, outline in templates[relative]:
            moment = first + (number - absolute) * _CYCLE / REPEAT_ORBITS + after
            if moment in period:
                state: OrbitState = "descending" if 1 / 4 < after / _ORBIT < 3 / 4 else "ascending"
                yield Slice(number, relative, state, moment, outline)


def _find_templates(region: Region) -> dict[int, list[tuple[timedelta, shapely.Polygon]]]:
    """By relative orbit: time since its node and outline of each slice over the region."""
    rings = _outline_orbit()
    usable = np.abs(rings[..., 1]).max(axis=1) < _NORTHMOST_DEG
    box = shapely.box(*region)
    found = {}
    for relative in range(1, REPEAT_ORBITS + 1):
        lon = rings[..., 0] + compute_node_longitude(relative)
        lon -= 360 * np.rint(lon.mean(axis=1, keepdims=True) / 360)
        inside = usable & (np.abs(lon).max(axis=1) < 180)
        outlines = shapely.polygons(np.round(np.stack([lon, rings[..., 1]], axis=-1), 6))
        seen = np.flatnonzero(inside & shapely.intersects(outlines, box))
        found[relative] = [(int(index) * SLICE_TIME, outlines[index]) for index in seen]
    return found


def _outline_orbit() -> Doubles:
    """Outlines of all slices of an orbit whose node is at longitude 0, (slices, points, 2)."""
    begin = np.arange(math.ceil(_ORBIT / SLICE_TIME))[:, None] * SLICE_TIME.total_seconds()
    end = begin + SLICE_TIME.total_seconds() + _OVERLAP_S
    times = np.linspace(begin - _OVERLAP_S, end, _SIDE_POINTS, axis=-1)[:, 0]
    angles = np.linspace(NEAR_EDGE_DEG, FAR_EDGE_DEG, _SIDE_POINTS)
    # Across at the beginning, along the far edge, back at the end, along the near edge.
    step = np.arange(_SIDE_POINTS - 1)
    last = np.full(_SIDE_POINTS - 1, _SIDE_POINTS - 1)
    t = np.concatenate([0 * step, step, last, last - step])
    a = np.concatenate([step, last, last - step, 0 * step])
    arguments = 2 * np.pi * times[:, t] / _ORBIT.total_seconds()
    lon, lat = _locate(arguments, np.radians(angles[a]))
    lon = lon[:, :1] + (lon - lon[:, :1] + 180) % 360 - 180
    return np.stack([lon, lat], axis=-1)


def _locate(argument: Doubles, incidence: Doubles) -> tuple[Doubles, Doubles]:
    """Longitude (from the node) and latitude, degrees, of what is seen at an angle to the right.

    ``argument`` of latitude and ``incidence`` on the ellipsoid are in radians.
    """
    below = _point(argument)
    ahead = _point(argument + _STEP_RAD) - _point(argument - _STEP_RAD)
    right = np.cross(ahead, below)
    right /= np.linalg.norm(right, axis=-1, keepdims=True)
    _, radius = compute_geocentric(_to_geodetic(below))
    distance = MEAN_RADIUS_M * (1 - ECCENTRICITY * np.sin(argument))
    central = (incidence - np.arcsin(radius * np.sin(incidence) / distance))[..., None]
    ground = np.cos(central) * below + np.sin(central) * right
    return np.degrees(np.arctan2(ground[..., 1], ground[..., 0])), _to_geodetic(ground)


def _point(argument: Doubles) -> Doubles:
    """Unit vector to the satellite in the Earth's frame, node at longitude 0; (..., 3)."""
    sine = math.sin(INCLINATION_RAD) * np.sin(argument)
    cosine, lon = np.sqrt(1 - sine**2), compute_track_offset(argument)
    return np.stack([cosine * np.cos(lon), cosine * np.sin(lon), sine], axis=-1)


def _to_geodetic(point: Doubles) -> Doubles:
    """Latitude on WGS84, degrees, of a direction from the Earth's centre."""
    flat = np.hypot(point[..., 0], point[..., 1])
    return np.degrees(np.arctan2(point[..., 2] * WGS84_A_M**2, flat * WGS84_B_M**2))
