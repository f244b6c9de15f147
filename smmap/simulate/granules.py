"""Where Sentinel-2's granules lie: squares of 110 km, every 100 km in each UTM zone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import shapely

from smmap.grid.reproject import reproject_geometry
from smmap.simulate.region import Region
from smmap.spec.period import Period

GRANULE_M = 109_800
"""Side of a granule."""
REVISIT = timedelta(days=5)
"""Two satellites together come back after this time."""

_STEP_M = 100_000
_LOCAL_HOUR = 10.5
"""Mean local solar time of the descending node."""


@dataclass(frozen=True)
class Granule:
    """One square of the tiling."""

    zone: int
    """UTM zone."""
    column: int
    """Of 100 km, within the zone."""
    row: int
    """The same, from the equator or, in the south, from its false origin."""
    crs: str
    """Of the zone and hemisphere."""
    corner: tuple[float, float]
    """Lower left, metres."""
    outline: shapely.Polygon
    """Longitude and latitude."""

    @property
    def code(self) -> str:
        """Names it."""
        letter = "N" if self.crs.startswith("EPSG:326") else "S"
        return f"{self.zone:02d}{letter}{self.column:02d}{self.row:03d}"

    def list_dates(self, period: Period) -> list[datetime]:
        """When it is seen: every fifth day at 10:30 local solar time, which day by its column."""
        local = timedelta(hours=_LOCAL_HOUR - self.outline.centroid.x / 15)
        first = period.start + timedelta(days=(self.column + self.zone) % 5) + local
        count = max(0, math.ceil((period.end - first) / REVISIT))
        return [first + number * REVISIT for number in range(count)]


def list_granules(region: Region) -> Iterator[Granule]:
    """Granules over the region, by zone and hemisphere, column and row."""
    west, _, east, _ = region
    outline = shapely.box(*region)
    for zone in range(math.floor((west + 180) / 6) + 1, math.floor((east + 180) / 6) + 2):
        left = 6 * (zone - 1) - 180.0
        for epsg, bottom, top in ((32700 + zone, -80, 0), (32600 + zone, 0, 84)):
            strip = shapely.box(left, bottom, left + 6, top).intersection(outline)
            if strip.area == 0:
                continue
            crs = f"EPSG:{epsg}"
            for column, row in _list_cells(reproject_geometry(strip, "EPSG:4326", crs).bounds):
                x, y = column * _STEP_M, row * _STEP_M
                square = shapely.box(x, y, x + GRANULE_M, y + GRANULE_M)
                ring = reproject_geometry(square, crs, "EPSG:4326").simplify(1e-3)
                if ring.intersects(outline):
                    yield Granule(zone, column, row, crs, (x, y), ring)


def _list_cells(bounds: tuple[float, float, float, float]) -> Iterator[tuple[int, int]]:
    left, bottom, right, top = (side / _STEP_M for side in bounds)
    for column in range(math.floor(left), math.ceil(right)):
        for row in range(math.floor(bottom), math.ceil(top)):
            yield column, row
