"""Cubes of the overpass level: a tile's overpasses of a calendar year along time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from smmap.archive.generation import compute_digest, is_published, list_shards, publish_generation
from smmap.archive.ledger import Committed
from smmap.product.encoding import compute_group_files
from smmap.product.layers import LAYERS
from smmap.product.layout import LAYOUT
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Tile
from smmap.store.output import OutputStore

_TICK = timedelta(microseconds=1)


def compute_time_axis(overpasses: Sequence[Overpass]) -> list[Overpass]:
    """The overpasses by time, strictly increasing: of two at one instant the second waits 1 us."""
    ordered: list[Overpass] = []
    for one in sorted(overpasses, key=lambda item: (item.datetime, item.id)):
        earliest = ordered[-1].datetime + _TICK if ordered else one.datetime
        ordered.append(replace(one, datetime=max(one.datetime, earliest)))
    return ordered


def place_slices(slices: Sequence[Committed]) -> dict[int, str]:
    """Position along the time axis -> path of the slice."""
    ordered = sorted(slices, key=lambda one: (one.overpass.datetime, one.id))
    return {position: str(one.slice) for position, one in enumerate(ordered)}


def publish_cube(
    store: OutputStore,
    tile: Tile,
    segment: str,
    slices: Sequence[Committed],
    *,
    depth_m: tuple[float, float],
    staging: Path,
) -> str:
    """Build the generation that holds ``slices`` unless it is there; its path."""
    path = LAYOUT.cube(tile.key, segment, compute_digest(slices))
    if is_published(store, path):
        return path
    shards, arrays = list_shards(store, place_slices(slices))
    files = compute_group_files(
        [layer for layer in LAYERS if layer.name in arrays],
        tile.geobox,
        compute_time_axis([one.overpass for one in slices]),
        depth_m,
        {"title": f"Soil moisture, tile {tile.key}, {segment}"},
    )
    publish_generation(store, path, shards, files, staging)
    return path
