"""A scene that may be used: the facts that planning needs of an item."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import pystac
import shapely
from shapely.geometry.base import BaseGeometry

from smmap.catalog.facts import (
    find_platform,
    get_updated,
    read_number,
    read_orbit_number,
    read_orbit_state,
    read_relative_orbit,
)
from smmap.catalog.footprint import compute_centroid, compute_footprint, compute_time
from smmap.catalog.plain_item import AnyItem
from smmap.catalog.stored_item import StoredItem
from smmap.spec.overpass import OrbitState


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item with what it says of itself."""

    item: pystac.Item
    """The item; a stored one when it comes from a catalogue."""
    collection: str | None
    """Of its collection."""
    start: datetime
    """First instant, UTC."""
    middle: datetime
    """Middle of the acquisition, UTC."""
    end: datetime
    """Last instant, UTC."""
    updated: datetime
    """When the item last changed."""
    footprint: BaseGeometry
    """Longitude and latitude."""
    cloud_cover: float
    """Per cent; 0 where the item does not say."""
    platform: str
    """``sentinel-1a`` for all its spellings, else what the item says, in lower case."""
    state: OrbitState | None
    """Direction of the pass."""
    absolute: int | None
    """Absolute orbit."""
    relative: int | None
    """Relative orbit."""
    assets: tuple[str, ...]
    """Keys of its assets."""
    polarizations: str
    """As stated; empty where the item does not say."""
    day: date
    """Date in local mean solar time: Sentinel-1 passes near 6 h and 18 h there."""

    @property
    def id(self) -> str:
        """The item's id."""
        return self.item.id


def read_candidate(facts: AnyItem, item: pystac.Item) -> Candidate:
    """Read what ``facts`` says; ``item`` is the same scene as later steps will use it.

    Raises
    ------
    SceneError
        If its time or footprint cannot be read.
    """
    start, middle, end = compute_time(facts)
    footprint, longitude = _share_place(shapely.to_wkb(compute_footprint(facts)))
    documents = facts.assets if isinstance(facts, pystac.Item) else facts.documents
    return Candidate(
        item=item,
        collection=facts.collection_id and sys.intern(facts.collection_id),
        start=start,
        middle=middle,
        end=end,
        updated=get_updated(facts),
        footprint=footprint,
        cloud_cover=read_number(facts, "eo:cloud_cover") or 0.0,
        platform=sys.intern(find_platform(facts)),
        state=read_orbit_state(facts),
        absolute=read_orbit_number(facts, "sat:absolute_orbit"),
        relative=read_relative_orbit(facts),
        assets=_share(tuple(documents)),
        polarizations=sys.intern(str(facts.properties.get("sar:polarizations") or "")),
        day=(start + timedelta(hours=longitude / 15)).date(),
    )


def mark_version(item: pystac.Item) -> str:
    """What tells one version of a scene from another: ``updated``, else its checksums, else all.

    Addresses never count: the same scene elsewhere is the same scene.
    """
    if isinstance(item, StoredItem):
        return item.version
    if item.properties.get("updated"):
        return str(item.properties["updated"])
    assets = {
        key: {name: value for name, value in asset.to_dict().items() if name != "href"}
        for key, asset in item.assets.items()
    }
    checksums = {key: one["file:checksum"] for key, one in assets.items() if "file:checksum" in one}
    content: Any = checksums or [item.properties, item.geometry, assets]
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=1 << 16)
def _share_place(wkb: bytes) -> tuple[BaseGeometry, float]:
    """The footprint, the same object for all scenes there, and its centroid's longitude."""
    footprint = shapely.from_wkb(wkb)
    return footprint, compute_centroid(footprint)[0]


_KEYS: dict[tuple[str, ...], tuple[str, ...]] = {}


def _share(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The same object for all scenes of a kind: there are few kinds."""
    return _KEYS.setdefault(keys, keys)
