"""Which of the items that were found belong to a search, in an order that never changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pystac
import shapely

from smmap.catalog.footprint import compute_footprint, compute_time
from smmap.catalog.left_out import leave_out
from smmap.spec.definition import Definition
from smmap.spec.errors import SceneError
from smmap.spec.period import Period

Bbox = tuple[float, float, float, float]
"""West, south, east, north in degrees; west > east crosses the antimeridian."""


def split_bbox(bbox: Bbox) -> list[Bbox]:
    """One box, or the two on both sides of the antimeridian."""
    west, south, east, north = bbox
    if west <= east:
        return [bbox]
    return [(west, south, 180.0, north), (-180.0, south, east, north)]


def get_updated(item: pystac.Item) -> datetime:
    """When the item last changed: ``updated``, else ``created``, else the year 1."""
    for key in ("updated", "created"):
        try:
            moment = datetime.fromisoformat(str(item.properties.get(key)))
        except ValueError:
            continue
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return datetime.min.replace(tzinfo=UTC)


def select_items(
    items: Iterable[pystac.Item], definition: Definition, bbox: Bbox, period: Period | None
) -> list[pystac.Item]:
    """Keep what touches the box and the period and has the definition's properties.

    An item whose place or time cannot be read is left out with a warning. Of items with one id
    the last updated stays. Collections whose time does not matter ignore ``period``.

    Returns
    -------
    list of pystac.Item
        Sorted by middle of the acquisition, then id.
    """
    area = shapely.union_all([shapely.box(*box) for box in split_bbox(bbox)])
    kept: dict[str, tuple[datetime, str, datetime, pystac.Item]] = {}
    for item in items:
        if any(item.properties.get(key) != value for key, value in definition.query.items()):
            continue
        try:
            first, middle, last = compute_time(item)
            footprint = compute_footprint(item)
        except SceneError as error:
            leave_out(str(error))
            continue
        late = period is not None and (first >= period.end or last < period.start)
        if (late and not definition.static) or not footprint.intersects(area):
            continue
        entry = (get_updated(item), item.get_self_href() or "", middle, item)
        if item.id not in kept or entry[:2] > kept[item.id][:2]:
            kept[item.id] = entry
    ordered = sorted(kept.values(), key=lambda entry: (entry[2], entry[3].id))
    return [entry[3] for entry in ordered]
