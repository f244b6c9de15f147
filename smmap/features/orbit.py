"""Sentinel-1's orbit as seen from the turning Earth, and the angle at which it looks.

A circle of 98.18 degrees inclination with the frozen orbit's eccentricity, 175 orbits in 12 days
(ESA, Sentinel-1 User Handbook, GMES-S1OP-EOPG-TN-13-0001). The radius, its eccentricity and the
longitude of the first orbit's node come from the state vectors in the annotation of
S1B_IW_GRDH_1SDV_20211223T051122 (relative orbit 22); the constellation keeps to this track
within about a hundred metres.
"""

from __future__ import annotations

import math

import numpy as np

from smmap.features.array import Doubles
from smmap.spec.overpass import OrbitState

INCLINATION_RAD = math.radians(98.18)
ORBITS_PER_CYCLE = 175
CYCLE_DAYS = 12
DRIFT = CYCLE_DAYS / ORBITS_PER_CYCLE
"""Radians that the ground turns away under the orbit for each radian that the satellite flies."""
MEAN_RADIUS_M = 7_075_400.0
ECCENTRICITY = 0.00118
FIRST_NODE_DEG = 0.171
"""Longitude where relative orbit 1 crosses the equator northwards."""
WGS84_A_M = 6_378_137.0
WGS84_B_M = 6_356_752.314245

# Newton's method from the latitude's own argument doubles its digits each step.
_STEPS = 4
_CONVERGED_RAD = 1e-6


def compute_node_longitude(relative_orbit: int) -> float:
    """Longitude of a relative orbit's ascending node, degrees east, not wrapped."""
    return FIRST_NODE_DEG - (relative_orbit - 1) * 360.0 * DRIFT


def compute_geocentric(lat_deg: Doubles) -> tuple[Doubles, Doubles]:
    """Geocentric latitude (radians) and distance from the Earth's centre (m) on WGS84."""
    reduced = np.arctan(WGS84_B_M / WGS84_A_M * np.tan(np.radians(lat_deg)))
    axial, equatorial = WGS84_B_M * np.sin(reduced), WGS84_A_M * np.cos(reduced)
    return np.asarray(np.arctan2(axial, equatorial)), np.hypot(axial, equatorial)


def compute_argument(latitude_rad: Doubles, orbit_state: OrbitState) -> Doubles:
    """Argument of latitude (radians) where the track crosses a geocentric latitude."""
    rising = np.arcsin(np.clip(np.sin(latitude_rad) / math.sin(INCLINATION_RAD), -1.0, 1.0))
    return np.asarray(rising if orbit_state == "ascending" else np.pi - rising)


def compute_track_offset(argument_rad: Doubles) -> Doubles:
    """Longitude of the track minus that of its node, radians."""
    along = np.arctan2(math.cos(INCLINATION_RAD) * np.sin(argument_rad), np.cos(argument_rad))
    return np.asarray(along - DRIFT * argument_rad)


def compute_look_angle(
    lon_deg: Doubles, lat_deg: Doubles, node_deg: Doubles | float, orbit_state: OrbitState
) -> Doubles:
    """Incidence angle on the ellipsoid of a look to the right, at right angles to the track.

    The satellite's closest approach is found by Newton's method on the cosine of the central
    angle between satellite and ground, in the Earth-fixed frame; then
    theta = atan2(r sin(gamma), r cos(gamma) - R), R the ellipsoid's local radius.

    Parameters
    ----------
    lon_deg, lat_deg : float64 arrays, same shape
        Ground, degrees (geodetic).
    node_deg : float or float64 array
        Longitude of the ascending node before (or, south of the equator on an ascending pass,
        after) the ground, degrees.
    orbit_state : OrbitState
        Which of the two crossings of a latitude is meant.

    Returns
    -------
    float64 array
        Degrees; NaN where the ground lies left of the track or the track does not come by.
    """
    latitude, radius = compute_geocentric(lat_deg)
    cosine, sine = np.cos(latitude), np.sin(latitude)
    east = np.radians(node_deg - lon_deg)
    u = compute_argument(latitude, orbit_state)
    step = np.zeros_like(u)
    for _ in range(_STEPS):
        (x, _y, z), (dx, dy, dz) = _compute_motion(u, east)
        curvature = cosine * (-x + DRIFT * (2.0 * dy + DRIFT * x)) - sine * z
        step = (cosine * dx + sine * dz) / curvature
        u = u - step
    (x, y, z), (dx, dy, dz) = _compute_motion(u, east)
    gamma = np.arccos(np.clip(cosine * x + sine * z, -1.0, 1.0))
    leftward = cosine * (y * dz - z * dy) + sine * (x * dy - y * dx)
    distance = MEAN_RADIUS_M * (1.0 - ECCENTRICITY * np.sin(u))
    theta = np.arctan2(distance * np.sin(gamma), distance * np.cos(gamma) - radius)
    seen = (leftward < 0) & (np.abs(step) < _CONVERGED_RAD) & (theta < np.pi / 2)
    return np.where(seen, np.degrees(theta), np.nan)


_Vector = tuple[Doubles, Doubles, Doubles]


def _compute_motion(u: Doubles, east: Doubles) -> tuple[_Vector, _Vector]:
    """Direction of the satellite and its derivative by ``u``; x points to the ground's meridian."""
    q = east - DRIFT * u
    cos_q, sin_q, cos_u, sin_u = np.cos(q), np.sin(q), np.cos(u), np.sin(u)
    cos_i, sin_i = math.cos(INCLINATION_RAD), math.sin(INCLINATION_RAD)
    x = cos_q * cos_u - sin_q * cos_i * sin_u
    y = sin_q * cos_u + cos_q * cos_i * sin_u
    dx = -cos_q * sin_u - sin_q * cos_i * cos_u + DRIFT * y
    dy = -sin_q * sin_u + cos_q * cos_i * cos_u - DRIFT * x
    return (x, y, sin_i * sin_u), (dx, dy, sin_i * cos_u)
