"""What the daily level's units are called, and where they lie in an output folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from smmap.spec.tile import Block, Tile
from smmap.version import PRODUCT_VERSION

DAILY = "soil-moisture-daily"
"""Folder and id of the daily level's collection."""
DAILY_CUBES = "cubes-daily"
"""Folder of its cubes."""
SLICE = "slice.zarr"
"""A day's group, within the folder of its files."""


@dataclass(frozen=True)
class DayUnit:
    """One day on one canvas by one rule: one STAC item."""

    canvas: Tile
    """All pixels of one mosaic: a UTM zone, the globe, a grid of one's own."""
    day: date
    """UTC."""
    rule: str
    """Name of the merge rule."""
    resolution: str
    """The grid's label, ``1km``."""
    area: Block
    """What is to be mapped of the canvas; it decides no pixel's value."""
    fingerprint: str
    """Over all that decides the value of its pixels."""

    @property
    def series(self) -> str:
        """What all days of one mosaic share, and where they lie: ``ease2-1km/globe/nearest``."""
        return f"{self.canvas.key}/{self.rule}"

    @property
    def id(self) -> str:
        """The item's id; names of files begin with it."""
        name = f"{self.canvas.id}_{self.day:%Y%m%d}_{self.rule}_{self.resolution}"
        return f"SMMAP_L4_SM_DAILY_{name}_v{PRODUCT_VERSION}"

    @property
    def tags(self) -> dict[str, str]:
        """What its files say of where they come from."""
        return {"SMMAP_UNIT": self.id, "SMMAP_FINGERPRINT": self.fingerprint}

    @property
    def item(self) -> str:
        """Path of the item, relative to the output folder."""
        return f"{self._folder}/{self.id}.json"

    def get_pixels(self, fingerprint: str) -> str:
        """Folder of the unit's immutable files; ``fingerprint`` is that of the files."""
        return f"{self._folder}/{fingerprint[:8]}"

    @property
    def _folder(self) -> str:
        return f"{DAILY}/{self.series}/{self.day.year}/{self.id}"


def get_daily_collection(series: str = "") -> str:
    """Path of a series' collection, or of the whole level's."""
    return f"{DAILY}/{series}/collection.json" if series else f"{DAILY}/collection.json"


def get_daily_year(series: str, year: int) -> str:
    """Path of the catalogue of a series' year."""
    return f"{DAILY}/{series}/{year}/catalog.json"


def get_daily_cube(series: str, year: int, digest: str) -> str:
    """Path of one generation of a series' cube over one calendar year."""
    return f"{DAILY_CUBES}/{series}/{year}/{digest}.zarr"
