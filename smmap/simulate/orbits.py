"""When the satellites pass: Sentinel-1A's repeat pattern and Sentinel-2's dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from smmap.spec.overpass import OrbitState

START = datetime(2023, 4, 1, tzinfo=UTC)
"""First day of every simulated world."""
REPEAT_DAYS = 12
"""Sentinel-1 comes back after this many days, and ..."""
REPEAT_ORBITS = 175
"""... this many orbits."""


NODE = (47935, datetime(2023, 4, 3, 17, 10, 57, tzinfo=UTC))
"""An absolute orbit of Sentinel-1A and when it crosses the equator northwards: so that
the passes of `TRACKS` come to eastern Belgium at their times."""


@dataclass(frozen=True)
class Track:
    """One relative orbit of Sentinel-1A as it is seen from an area."""

    relative_orbit: int
    """1..175."""
    absolute_orbit: int
    """Of the first pass."""
    orbit_state: OrbitState
    """Which way the satellite flies."""
    first: datetime
    """Middle of the first pass."""
    incidence_deg: float
    """At ``anchor``."""
    anchor: tuple[float, float] = (0.5, 0.5)
    """Where that angle holds: share of the area's width and height from its upper left."""
    slices: int = 1
    """Into how many products the pass is cut within the area."""


FAR_EDGE_DEG = 46.0
"""Incidence angle at which the swath ends."""

TRACKS = (
    Track(88, 47935, "ascending", datetime(2023, 4, 3, 17, 25, 10, tzinfo=UTC), 35.5),
    Track(110, 47957, "descending", datetime(2023, 4, 5, 5, 58, 20, tzinfo=UTC), 32.5, slices=2),
    Track(
        161,
        48008,
        "ascending",
        datetime(2023, 4, 8, 17, 33, 30, tzinfo=UTC),
        FAR_EDGE_DEG,
        anchor=(0.62, 0.5),
    ),
    Track(37, 48059, "descending", datetime(2023, 4, 12, 5, 50, 40, tzinfo=UTC), 41.3),
)
"""The pattern over eastern Belgium in April 2023; of orbit 161 only the swath's far edge."""


@dataclass(frozen=True)
class Pass:
    """One overpass of Sentinel-1A."""

    track: Track
    """Its relative orbit."""
    datetime: datetime
    """Middle of the acquisition, UTC."""
    absolute_orbit: int
    """Counted since launch."""


def list_passes(days: int) -> list[Pass]:
    """Overpasses from `START` on, by time."""
    passes = [
        Pass(
            track,
            track.first + timedelta(days=REPEAT_DAYS * cycle),
            track.absolute_orbit + REPEAT_ORBITS * cycle,
        )
        for track in TRACKS
        for cycle in range(days // REPEAT_DAYS + 1)
    ]
    end = START + timedelta(days=days)
    return sorted((one for one in passes if one.datetime < end), key=lambda one: one.datetime)


def list_optical_dates(days: int) -> list[datetime]:
    """Sentinel-2 from `START` on: two satellites, two swaths, every second or third day."""
    return [
        START + timedelta(days=day, hours=10, minutes=46, seconds=30)
        for day in range(days)
        if day % 5 in (1, 4)
    ]


def count_days(moment: datetime) -> float:
    """Days since `START`."""
    return (moment - START) / timedelta(days=1)
