"""From what files or a store hold of their variables to slots of a UTC day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from shapely.geometry.base import BaseGeometry

from smmap.catalog.archive_grid import compute_outline
from smmap.catalog.archive_item import STEPS, VERSION, Slot
from smmap.catalog.left_out import leave_out
from smmap.spec.period import Period
from smmap.store.cube import Cube


@dataclass(frozen=True)
class Share:
    """What one file or store holds of one variable on one UTC day."""

    variable: str
    href: str
    first: datetime
    """UTC."""
    last: datetime
    """UTC."""
    steps: int
    version: str | None
    """ECMWF's; of several the latest number, which is the preliminary one."""
    age: float
    """The larger, the newer."""
    outline: BaseGeometry

    @property
    def day(self) -> str:
        """``20230503``."""
        return f"{self.first:%Y%m%d}"


def list_shares(
    cube: Cube, variable: str, href: str, age: float, period: Period | None = None
) -> Iterator[Share]:
    """Day by day, as far as a day touches the period."""
    if cube.times is None or not cube.times.size:
        return
    _, firsts = np.unique(cube.times.astype("datetime64[D]"), return_index=True)
    ends = [*firsts[1:], len(cube.times)]
    outline = compute_outline(cube.crs, cube.transform, cube.shape)
    for first, end in zip(firsts, ends, strict=True):
        start, stop = (to_datetime(cube.times[one]) for one in (first, end - 1))
        if period is not None and (start >= period.end or stop < period.start):
            continue
        version = None if cube.versions is None else str(max(cube.versions[first:end]))
        yield Share(variable, href, start, stop, int(end - first), version, age, outline)


def to_datetime(moment: np.datetime64) -> datetime:
    """With UTC said, to the microsecond."""
    found: datetime = moment.astype("datetime64[us]").item()
    return found.replace(tzinfo=UTC)


def make_slots(shares: Iterable[Share], collection: str) -> Iterator[Slot]:
    """One slot a day with all its variables; one a file where several share a day."""
    days: dict[str, dict[str, list[Share]]] = defaultdict(lambda: defaultdict(list))
    for one in shares:
        days[one.day][one.variable].append(one)
    for day in sorted(days):
        chosen = [_choose(rows) for rows in days[day].values()]
        whole = all(len(rows) == 1 for rows in chosen)
        slots: dict[str, list[Share]] = defaultdict(list)
        for one in (share for rows in chosen for share in rows):
            slots[day if whole else f"{one.first:%Y%m%dT%H%M}"].append(one)
        for key in sorted(slots):
            yield _make_slot(f"{collection}_{key}", slots[key])


def _choose(rows: list[Share]) -> list[Share]:
    """Shares of one variable that do not overlap: the final, else the longer, else the newer."""
    chosen: list[Share] = []
    for one in sorted(rows, key=lambda row: (row.version or "", -row.steps, -row.age, row.href)):
        rival = next(
            (has for has in chosen if one.first <= has.last and has.first <= one.last), None
        )
        if rival is None:
            chosen.append(one)
        elif rival.href != one.href:
            leave_out(
                f"{one.href}: '{one.variable}' of {one.first:%Y-%m-%d} is also in {rival.href}, "
                f"which {_tell_apart(one, rival)}"
            )
    return chosen


def _tell_apart(one: Share, rival: Share) -> str:
    """What the rival has that counted."""
    if not one.outline.equals(rival.outline):
        return "is of another area: keep files of one area in a folder of their own"
    if one.steps < rival.steps and one.version == rival.version:
        return "has more hours"
    return "is final or newer"


def _make_slot(name: str, shares: list[Share]) -> Slot:
    versions = [one.version for one in shares if one.version is not None]
    properties: dict[str, Any] = {STEPS: {one.variable: one.steps for one in shares}}
    if versions:
        properties[VERSION] = max(versions)
    return Slot(
        id=name,
        start=min(one.first for one in shares),
        end=max(one.last for one in shares),
        outline=shares[0].outline,
        assets={one.variable: one.href for one in shares},
        properties=properties,
    )
