"""What is committed of the daily level: the items themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from smmap.archive.item import CommittedItem, parse_item, read_items, report_bad_item
from smmap.product.daily_layout import DAILY, DayUnit
from smmap.store.output import OutputStore

DayState = Literal["new", "changed", "done"]


@dataclass(frozen=True)
class CommittedDay(CommittedItem):
    """One day of one series."""

    day: date
    """UTC."""


def read_day(store: OutputStore, path: str) -> CommittedDay | None:
    """The item at ``path``, or None if there is none.

    Raises
    ------
    ArchiveError
        If the file is there but is no item of ours.
    """
    data = store.read(path)
    return None if data is None else _parse_day(data, store, path)


def _parse_day(data: bytes, store: OutputStore, path: str) -> CommittedDay:
    with report_bad_item(store, path):
        item = parse_item(data, path)
        day = date.fromisoformat(item.document["properties"]["datetime"][:10])
    return CommittedDay(**vars(item), day=day)


def compare_day(there: CommittedDay | None, unit: DayUnit) -> DayState:
    """Whether a unit is committed and up to date."""
    if there is None:
        return "new"
    same = there.inputs == unit.fingerprint and there.get_area(unit.canvas) == unit.area
    return "done" if same else "changed"


def list_days(store: OutputStore, series: str) -> list[CommittedDay]:
    """All items of a series, by day."""
    items = read_items(store, f"{DAILY}/{series}")
    found = [_parse_day(data, store, path) for path, data in items]
    return sorted(found, key=lambda one: one.day)


def list_series(store: OutputStore) -> list[str]:
    """All series that hold something: ``<grid>/<canvas>/<rule>``."""
    return [
        f"{grid}/{canvas}/{rule}"
        for grid in store.list_folders(DAILY)
        for canvas in store.list_folders(f"{DAILY}/{grid}")
        for rule in store.list_folders(f"{DAILY}/{grid}/{canvas}")
    ]
