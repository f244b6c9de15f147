"""What tables of samples call their columns."""

from __future__ import annotations

from smmap.spec.options import Options


class SampleColumns(Options):
    """What the table calls the columns that split and describe samples.

    Those that are left out are taken under their own names where the table has them.
    """

    network: str | None = None
    """Network, region or area; where there is none, all samples are of one."""
    station: str = "station"
    """Station, field, or whatever else is measured as one."""
    time: str | None = None
    """UTC."""
    time_format: str = "ISO8601"
    """As Python's strptime writes it: ``%d.%m.%Y``."""
    latitude: str | None = None
    """Degrees north."""
    longitude: str | None = None
    """Degrees east."""
    relative_orbit: str | None = None
    """Number or name."""
    land_cover: str | None = None
    """Class."""
    climate: str | None = None
    """Class."""
    sand_percent: str | None = None
    """% of weight."""
    clay_percent: str | None = None
    """% of weight."""


class Target(Options):
    """What is learnt."""

    column: str = "soil_moisture"
    """Of the table."""
    units: str = "m3/m3"
    """``m3/m3`` or ``percent`` (by volume)."""
