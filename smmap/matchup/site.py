"""Where samples are taken: a station, or all stations of one cell; and the pixel that holds it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from smmap.grid.ground import compute_lonlat
from smmap.grid.named import Grid
from smmap.grid.reproject import get_transformer
from smmap.spec.tile import Block, Tile
from smmap.validation.cell import name_cells
from smmap.validation.networks import JOINED

_STATION = ["network", "station", "latitude", "longitude"]
"""A station that was moved is another site."""
_NEAR_DEG = 1e-6
DESCRIBING = ("land_cover", "climate", "sand_percent", "silt_percent", "clay_percent")
"""What an archive may know of a station."""


@dataclass(frozen=True)
class Site:
    """One place with readings."""

    network: str
    """Of a cell all of its stations' networks, joined by ``+``."""
    station: str
    """Likewise."""
    latitude: float
    """Degrees north; of a cell the mean of its stations."""
    longitude: float
    """Degrees east."""
    cell: str
    """Of EASE-Grid 2.0 at 1 km, as `smmap.validation.cell.name_cells` names it."""
    readings: pd.DataFrame
    """Of the site, sorted by probe and time."""


@dataclass(frozen=True)
class Pixel:
    """A pixel of a tile."""

    tile: Tile
    """Where it is counted."""
    row: int
    """From the tile's upper edge."""
    col: int
    """From its left edge."""

    @property
    def block(self) -> Block:
        """The pixel alone."""
        return Block(self.tile.geobox, self.row, self.col, 1, 1)

    def compute_centre(self) -> tuple[float, float]:
        """Longitude and latitude of its middle, degrees."""
        longitude, latitude = compute_lonlat(self.block)
        return float(longitude[0, 0]), float(latitude[0, 0])


def list_sites(readings: pd.DataFrame, *, by_cell: bool) -> list[Site]:
    """Sites of a table of readings, by network, station and place.

    Parameters
    ----------
    readings
        Columns `smmap.insitu.frame.COLUMNS`.
    by_cell
        True: all stations of a 1 km cell of EASE-Grid 2.0 are one site.
    """
    if readings.empty:
        return []
    cells = name_cells(readings["latitude"], readings["longitude"])
    table = readings.assign(cell=cells.to_numpy())
    groups: Iterable[pd.DataFrame] = (
        group for _, group in table.groupby("cell" if by_cell else _STATION, observed=True)
    )
    sites = (_make_site(group) for group in groups)
    return sorted(sites, key=lambda one: (one.network, one.station, one.latitude, one.longitude))


def _make_site(group: pd.DataFrame) -> Site:
    places = group[_STATION].drop_duplicates()
    return Site(
        JOINED.join(sorted(set(places["network"].astype(str)))),
        JOINED.join(sorted(set(places["station"].astype(str)))),
        float(places["latitude"].mean()),
        float(places["longitude"].mean()),
        str(group["cell"].iloc[0]),
        group,
    )


def describe_site(site: Site) -> dict[str, float | str | None]:
    """What the archive knows of it: of numbers the mean, of words the one that all share."""
    found: dict[str, float | str | None] = {}
    for name in DESCRIBING:
        known = site.readings.drop_duplicates(_STATION)[name]
        if pd.api.types.is_numeric_dtype(known.dtype):
            found[name] = float(known.mean()) if known.notna().any() else math.nan
        else:
            words = set(known.astype(str))
            found[name] = words.pop() or None if len(words) == 1 else None
    return found


def find_pixel(site: Site, grid: Grid) -> Pixel | None:
    """The pixel of the grid that holds a site; None: the grid does not reach it.

    Where two tiles hold it, of two zones or by a common edge, the first by id.
    """
    x, y = site.longitude, site.latitude
    around = shapely.box(x - _NEAR_DEG, y - _NEAR_DEG, x + _NEAR_DEG, y + _NEAR_DEG)
    return next(_find_pixels(x, y, grid.find_tiles(around)), None)


def _find_pixels(longitude: float, latitude: float, tiles: Iterable[Tile]) -> Iterator[Pixel]:
    for tile in tiles:
        transformer = get_transformer("EPSG:4326", str(tile.geobox.crs))
        col, row = ~tile.geobox.affine * transformer.transform(longitude, latitude)
        height, width = tile.geobox.shape
        if np.isfinite(col + row) and 0 <= row <= height and 0 <= col <= width:
            yield Pixel(tile, min(math.floor(row), height - 1), min(math.floor(col), width - 1))
