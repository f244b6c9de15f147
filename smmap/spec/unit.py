"""What is planned, what is done, and the mark by which the two are compared."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pystac

from smmap.spec.overpass import Overpass
from smmap.spec.tile import Block, Tile

Status = Literal["done", "empty", "failed"]


@dataclass(frozen=True)
class Earlier:
    """An overpass before a unit's, which the model takes too."""

    overpass: Overpass
    """When, and the radar scenes."""
    inputs: Mapping[str, tuple[pystac.Item, ...]]
    """Candidate scenes of the other sources that the model takes something of, by source key."""
    mark: str
    """SHA-256 (hex) over its scenes and their versions; those that are for all times left aside."""


@dataclass(frozen=True)
class Unit:
    """One tile at one overpass: one STAC item, one fingerprint."""

    id: str
    """The item's id; part of every file name; never contains a time."""
    tile: Tile
    """Where."""
    overpass: Overpass
    """When, and the radar scenes."""
    inputs: Mapping[str, tuple[pystac.Item, ...]]
    """Candidate scenes of the other sources, by source key (``sentinel2``, ``dem`` ...)."""
    fingerprint: str
    """SHA-256 (hex) over all that decides the value of its pixels."""
    area: Block
    """What is to be mapped of the tile, pixel-aligned; it decides no pixel's value."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Digests of what the fingerprint covers, by name: they tell what has changed."""
    history: tuple[Earlier, ...] = ()
    """Earlier overpasses of the tile that the model may look back to, by time."""

    @property
    def items(self) -> tuple[pystac.Item, ...]:
        """All that it may be made from, its own radar scenes first; each once."""
        found = {one.id: one for one in self.overpass.items}
        made_from: tuple[Unit | Earlier, ...] = (self, *self.history)
        for made in made_from:
            for items in (made.overpass.items, *made.inputs.values()):
                found |= {one.id: one for one in items}
        return tuple(found.values())


@dataclass(frozen=True)
class Task:
    """A batch of units of one tile: static and optical inputs are read once for all of them."""

    id: str
    """In every log line of the task."""
    tile: Tile
    """The tile of all its units."""
    units: tuple[Unit, ...]
    """By time."""

    @property
    def area(self) -> Block:
        """The smallest block that holds the areas of all its units."""
        return functools.reduce(Block.hull, (unit.area for unit in self.units))


@dataclass(frozen=True)
class Receipt:
    """What a finished unit left behind."""

    unit: str
    """The unit's id."""
    status: Status
    """``empty``: mapped, but no pixel has a value; ``failed``: no item was written."""
    fingerprint: str
    """Of the unit when it ran."""
    item: str | None = None
    """Path of the item, relative to the output."""
    reason: str = ""
    """Why it is empty or failed."""
    passing: bool = False
    """True: it failed for a fault of the moment, and may do better in a while."""
    skipped: tuple[str, ...] = ()
    """Scenes that could not be used, each with the reason."""
    overpass: Overpass | None = None
    """Which overpass it was."""
    statistics: Mapping[str, float] = field(default_factory=dict)
    """Valid share, medians, flag shares, seconds."""


def compute_fingerprint(content: Mapping[str, Any]) -> str:
    """SHA-256 of ``content`` as canonical JSON (sorted keys, no spaces)."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
