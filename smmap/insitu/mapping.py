"""How the columns of somebody's table are to be understood."""

from __future__ import annotations

from pydantic import Field

from smmap.spec.options import Options


class ColumnMapping(Options):
    """Which column of a CSV or Parquet table holds what, and in which units and time zone."""

    station: str
    """Column of the station's name."""
    latitude: str
    """Column, degrees north."""
    longitude: str
    """Column, degrees east, -180..180."""
    time: str
    """Column of the time of the reading."""
    soil_moisture: str
    """Column of the reading itself."""
    unit: str
    """Of the readings: ``m3/m3`` or ``percent`` (by volume)."""
    depth_from_m: float | str
    """Upper end of the soil that was measured, metres: a number, or a column."""
    depth_to_m: float | str
    """Lower end, metres: a number, or a column."""
    timezone: str = "UTC"
    """Of times that name none: ``UTC``, ``Europe/Warsaw``, ``Etc/GMT+8`` (which is UTC-8)."""
    time_format: str = "ISO8601"
    """As Python's strptime writes it: ``%d.%m.%Y``."""
    network: str | None = None
    """Column of the network's name."""
    network_name: str = ""
    """The network's name where there is no column."""
    elevation_m: str | None = None
    """Column, metres above sea level."""
    instrument: str | None = None
    """Column that tells probes at one depth apart."""
    flag: str | None = None
    """Column of quality flags; without it all readings pass."""
    land_cover: str | None = None
    """Column of a class."""
    climate: str | None = None
    """Column of a class."""
    sand_percent: str | None = None
    """Column, % of weight."""
    silt_percent: str | None = None
    """Column, % of weight."""
    clay_percent: str | None = None
    """Column, % of weight."""
    keep: tuple[str, ...] = ()
    """Further columns to keep under their own names, such as fields or areas to group by."""
    separator: str = Field(default=",", min_length=1, max_length=1)
    """Between the columns of a CSV file."""
