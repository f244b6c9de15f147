"""Committed days: the items themselves, read from the folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from smmap.product.daily_layout import DAILY, DayUnit
from smmap.product.projection import read_area
from smmap.product.stored_file import find_file
from smmap.spec.errors import ArchiveError
from smmap.spec.tile import Block, Tile

DayState = Literal["new", "changed", "done"]


@dataclass(frozen=True)
class CommittedDay:
    """One day's item as it stands in the output."""

    id: str
    """The unit's id."""
    path: str
    """Of the item, relative to the output folder."""
    day: date
    """UTC."""
    fingerprint: str
    """Of its files."""
    inputs: str
    """Fingerprint of the unit that wrote it."""
    status: str
    """``done`` or ``empty``."""
    document: dict[str, Any]
    """The whole item."""

    @property
    def slice(self) -> str | None:
        """Its slice of the cube, relative to the output folder; None where there is none."""
        return find_file(self.document, self.path, "slice")

    @property
    def has_cog(self) -> bool:
        """Whether it has COGs."""
        return "sm" in self.document["assets"]

    def get_area(self, canvas: Tile) -> Block:
        """What it covers of its canvas."""
        return read_area(self.document["properties"], canvas.geobox)


def read_day(root: Path, path: str) -> CommittedDay | None:
    """The item at ``path`` (relative to ``root``), or None if there is none.

    Raises
    ------
    ArchiveError
        If the file is there but is no item of ours.
    """
    try:
        document = json.loads((root / path).read_bytes())
        properties = document["properties"]
        return CommittedDay(
            document["id"],
            path,
            date.fromisoformat(properties["datetime"][:10]),
            properties["smmap:fingerprint"],
            properties["smmap:inputs"],
            properties["smmap:status"],
            document,
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = repr(error)
    raise ArchiveError(f"{root / path} is not an item of this product ({reason}); move it away")


def compare_day(there: CommittedDay | None, unit: DayUnit) -> DayState:
    """Whether a unit is committed and up to date."""
    if there is None:
        return "new"
    same = there.inputs == unit.fingerprint and there.get_area(unit.canvas) == unit.area
    return "done" if same else "changed"


def list_days(root: Path, series: str) -> list[CommittedDay]:
    """All items of a series, by day."""
    paths = sorted((root / DAILY / series).glob("*/*/*.json"))
    found = [read_day(root, path.relative_to(root).as_posix()) for path in paths]
    return sorted((one for one in found if one is not None), key=lambda one: one.day)


def list_series(root: Path) -> list[str]:
    """All series that hold items, or a collection of them."""
    found = {
        path.parent.relative_to(root / DAILY).as_posix()
        for path in (root / DAILY).glob("*/*/*/collection.json")
    }
    return sorted(found)
