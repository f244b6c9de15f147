"""STAC items of archives that have none: one for each slot of time, usually a UTC day."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from smmap.catalog.candidate import Candidate
from smmap.catalog.reading import read_item
from smmap.catalog.stored_item import Snapshot
from smmap.spec.definition import Definition

STEPS = "smmap:steps"
"""Property: how many steps in time a slot has, by variable."""
VERSION = "era5:expver"
"""Property with ECMWF's version of the data: ``0005`` will be replaced by ``0001``."""


@dataclass(frozen=True)
class Slot:
    """What an archive holds at one time."""

    id: str
    """The item's id: never of where the archive lies."""
    start: datetime
    """First instant, UTC."""
    end: datetime
    """Last instant, UTC."""
    outline: BaseGeometry
    """Longitude and latitude."""
    assets: Mapping[str, str]
    """Name of the variable -> address of what holds it."""
    properties: Mapping[str, Any] = field(default_factory=dict)
    """What else decides the pixels."""


def read_slot(
    slot: Slot, definition: Definition, snapshot: Snapshot, place: str
) -> Candidate | None:
    """The candidate of a slot; its content goes into ``snapshot``. None: it is left out."""
    middle = slot.start + (slot.end - slot.start) / 2
    times = {"datetime": middle, "start_datetime": slot.start, "end_datetime": slot.end}
    document = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": slot.id,
        "collection": definition.collections[0],
        "geometry": json.loads(shapely.to_geojson(slot.outline)),
        "bbox": list(slot.outline.bounds),
        "properties": {
            **{name: f"{one.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z" for name, one in times.items()},
            **slot.properties,
        },
        "links": [],
        "assets": {name: {"href": href} for name, href in sorted(slot.assets.items())},
    }
    return read_item(json.dumps(document), definition, snapshot, place=place)
