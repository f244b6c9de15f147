"""What a sink is given, and what it must do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from smmap.product.tally import Tally
from smmap.sinks.source import PixelSource
from smmap.spec.band import Layer
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Block


@dataclass(frozen=True)
class Finished:
    """The packed layers of one unit."""

    stem: str
    """Beginning of the files' names."""
    overpass: Overpass
    """When, by which satellite."""
    area: Block
    """What the layers cover, within the tile."""
    packed: Mapping[Layer, PixelSource]
    """Stored integers of each layer, (y, x) over ``area``."""
    depth_m: tuple[float, float]
    """Top and bottom of the soil layer that the values stand for, metres."""
    tallies: Mapping[Layer, Tally] = field(default_factory=dict)
    """How often each stored number occurs, of layers of which that is known already."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Written into every file that can hold them."""


class Sink(Protocol):
    """Writes one kind of file.

    Pixels are read a window at a time, so that memory does not grow with the area. The same unit
    gives the same bytes, whenever and wherever it is written. Nodata stays nodata.
    Files appear under ``folder`` only, which the caller renames once all of them are there.
    """

    def __call__(self, folder: Path, finished: Finished) -> dict[str, Path]:
        """Write; the files' (or folders') paths by asset name.

        Raises
        ------
        StoreError
            If they cannot be written.
        """
        ...
