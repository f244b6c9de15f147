"""Which of the candidates that were found belong to a search, in an order that never changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import shapely

from smmap.catalog.candidate import Candidate
from smmap.catalog.left_out import leave_out
from smmap.catalog.plain_item import AnyItem
from smmap.grid.boxes import merge_boxes
from smmap.spec.definition import Definition
from smmap.spec.period import Period

Bbox = tuple[float, float, float, float]
"""West, south, east, north in degrees; west > east crosses the antimeridian."""


def split_bbox(bbox: Bbox) -> list[Bbox]:
    """One box, or the two on both sides of the antimeridian."""
    west, south, east, north = bbox
    if west <= east:
        return [bbox]
    return [(west, south, 180.0, north), (-180.0, south, east, north)]


def has_properties(item: AnyItem, definition: Definition) -> bool:
    """Whether the item has the properties that the definition asks for.

    Where it asks for a list, the item's property is that list or one of its members.
    """
    return all(
        found == value or (isinstance(value, list) and found in value)
        for key, value in definition.query.items()
        for found in [item.properties.get(key)]
    )


def select_candidates(
    candidates: Sequence[Candidate], definition: Definition, bbox: Bbox, period: Period | None
) -> list[Candidate]:
    """Keep what touches the box and the period.

    Of candidates with one id the last updated stays, where time does not matter of those of one
    collection: a tile may be called alike in each. There ``period`` is ignored, too.

    Returns
    -------
    list of Candidate
        Sorted by middle of the acquisition, then id; where time does not matter by collection,
        in the definition's order, then id.
    """
    area = shapely.union_all([shapely.box(*box) for box in split_bbox(bbox)])
    shapely.prepare(area)
    inside = shapely.intersects(area, np.array([one.footprint for one in candidates], object))
    kept: dict[tuple[str | None, str], Candidate] = {}
    for one, is_inside in zip(candidates, inside, strict=True):
        late = period is not None and (one.start >= period.end or one.end < period.start)
        if not is_inside or (late and not definition.static):
            continue
        key = one.collection if definition.static else None, one.id
        twin = kept.get(key)
        if twin is None or _rank(one) > _rank(twin):
            kept[key] = one
        if twin is not None and twin.collection != one.collection:
            leave_out(
                f"{one.id} is in {twin.collection} and in {one.collection}: that of "
                f"{kept[key].collection} is used, which was updated last"
            )
    if definition.static:
        places = {name: place for place, name in enumerate(definition.collections)}
        last = len(places)
        return sorted(
            kept.values(), key=lambda one: (places.get(str(one.collection), last), one.id)
        )
    return sorted(kept.values(), key=lambda one: (one.middle, one.id))


def _rank(one: Candidate) -> tuple[datetime, str]:
    return one.updated, one.item.get_self_href() or ""


def compute_box(candidates: Sequence[Candidate]) -> Bbox:
    """The narrowest box that holds all footprints."""
    shapes = [one.footprint for one in candidates]
    return merge_boxes(part.bounds for shape in shapes for part in shapely.get_parts(shape))


def compute_extent(candidates: Sequence[Candidate]) -> tuple[Bbox, Period]:
    """Box and period of all candidates, of which there is at least one."""
    start, end = min(one.start for one in candidates), max(one.end for one in candidates)
    return compute_box(candidates), Period(start, end + timedelta(seconds=1))
