"""The incidence angle on the ellipsoid where a provider gives none: from orbit geometry."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from smmap.features.array import Doubles, Floats
from smmap.features.orbit import (
    DRIFT,
    ORBITS_PER_CYCLE,
    compute_argument,
    compute_geocentric,
    compute_look_angle,
    compute_node_longitude,
    compute_track_offset,
)
from smmap.spec.errors import SceneError
from smmap.spec.overpass import OrbitState

Anchor = tuple[float, float, float]
"""Longitude and latitude of a footprint's centre, and the incidence angle there; degrees."""

_TYPICAL_SWATH_DEG = 5.0
"""Central angle from the track to the middle of a swath."""
_CLOSER = 600
"""How many times, in each of `_ROUNDS`, the search for a track draws nearer: to 5e-10 degrees."""
_ROUNDS = 4


def compute_incidence(
    lon: Floats,
    lat: Floats,
    *,
    orbit_state: OrbitState | None,
    anchor: Anchor | None = None,
    relative_orbit: int | None = None,
) -> Doubles:
    """Incidence angle on the ellipsoid, right-looking, within about 0.3 degrees.

    The track is laid so that the anchor's angle comes out at the anchor; without an anchor it is
    the reference track of the relative orbit. Elementwise.

    Parameters
    ----------
    lon, lat : float arrays, same shape
        Degrees; NaN is nodata.
    orbit_state : OrbitState or None
        Direction of the pass.
    anchor : Anchor, optional
        An item's own angle. It holds at the scene's centre (STAC ``view:incidence_angle``,
        a product's mid-swath angle); the mean over a full swath is 0.25 degrees smaller than
        the angle at its centre, and shifts the result by as much.
    relative_orbit : int, optional
        1..175 (STAC ``sat:relative_orbit``).

    Returns
    -------
    float64 array
        Degrees; NaN where nodata, left of the track, or out of sight.

    Raises
    ------
    SceneError
        If the pass direction, or both anchor and relative orbit, are unknown or impossible.
    """
    if orbit_state is None:
        raise SceneError(
            "the incidence angle cannot be computed without the pass direction: give the item "
            "'sat:orbit_state', or use a source with an angle band"
        )
    east = np.asarray(lon, dtype=np.float64)
    north = np.asarray(lat, dtype=np.float64)
    node: Doubles | float
    if anchor is not None:
        node = compute_anchored_node(anchor, orbit_state)
    elif relative_orbit is not None:
        node = _compute_repeat_node(east, north, relative_orbit, orbit_state)
    else:
        raise SceneError(
            "the incidence angle cannot be computed: give the item 'sat:relative_orbit' or "
            "'view:incidence_angle', or use a source with an angle band"
        )
    return compute_look_angle(east, north, node, orbit_state)


@lru_cache(maxsize=256)  # every block of a scene asks for the same
def compute_anchored_node(anchor: Anchor, orbit_state: OrbitState) -> float:
    """Node longitude (degrees) of the track from which the anchor is seen at its angle.

    Raises
    ------
    SceneError
        If no track of this direction sees the anchor so.
    """
    lon, lat, angle = (np.asarray(one, dtype=np.float64) for one in anchor)
    latitude, _ = compute_geocentric(lat)
    overhead = lon - np.degrees(compute_track_offset(compute_argument(latitude, orbit_state)))
    leftward = -1.0 if orbit_state == "ascending" else 1.0

    low, high = 0.1, 60.0
    for _ in range(_ROUNDS):
        shifts = np.linspace(low, high, _CLOSER + 1)
        excess = compute_look_angle(lon, lat, overhead + leftward * shifts, orbit_state) - angle
        first = int(np.argmax(excess > 0))
        if first == 0 or not math.isfinite(excess[first - 1]):
            raise SceneError(
                f"no {orbit_state} pass sees longitude {lon:.3f}, latitude {lat:.3f} at an "
                f"incidence angle of {angle:.2f} degrees: check the item's 'view:incidence_angle' "
                "and geometry"
            )
        low, high = shifts[first - 1], shifts[first]
    return float(overhead + leftward * (low + high) / 2)


def _compute_repeat_node(
    lon: Doubles, lat: Doubles, relative_orbit: int, orbit_state: OrbitState
) -> Doubles | float:
    if not 1 <= relative_orbit <= ORBITS_PER_CYCLE:
        raise SceneError(
            f"relative orbit {relative_orbit} does not exist: Sentinel-1 has 1..{ORBITS_PER_CYCLE}"
        )
    node = compute_node_longitude(relative_orbit)
    if orbit_state == "descending":
        return node
    # An orbit ends with the southern half of the next ascending branch, one drift further west.
    latitude, _ = compute_geocentric(lat)
    crossing = node + np.degrees(compute_track_offset(compute_argument(latitude, orbit_state)))
    ahead = np.mod(lon - crossing + 180.0, 360.0) - 180.0
    shrink = np.cos(latitude)
    start = np.abs(ahead * shrink - _TYPICAL_SWATH_DEG)
    end = np.abs((ahead + 360.0 * DRIFT) * shrink - _TYPICAL_SWATH_DEG)
    return np.where(end < start, node - 360.0 * DRIFT, node)
