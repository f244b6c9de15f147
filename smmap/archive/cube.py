"""Cube generations: committed slices joined in time, never modified, switched as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from smmap.archive.ledger import Committed
from smmap.product.encoding import ROOT_DOCUMENT, compute_group_files
from smmap.product.layers import LAYERS
from smmap.product.layout import LAYOUT
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Tile
from smmap.store.output import OutputStore

_TICK = timedelta(microseconds=1)
_DIGEST_LENGTH = 16
SHARD_DEPTH = 4
"""Parts of a shard's path within its array: c, time, row, column."""


def compute_digest(slices: Sequence[Committed]) -> str:
    """Name of a generation: a digest over its sorted (item id, fingerprint)."""
    lines = sorted(f"{one.id} {one.fingerprint}" for one in slices)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:_DIGEST_LENGTH]


def compute_time_axis(overpasses: Sequence[Overpass]) -> list[Overpass]:
    """The overpasses by time, strictly increasing: of two at one instant the second waits 1 us."""
    ordered: list[Overpass] = []
    for one in sorted(overpasses, key=lambda item: (item.datetime, item.id)):
        earliest = ordered[-1].datetime + _TICK if ordered else one.datetime
        ordered.append(replace(one, datetime=max(one.datetime, earliest)))
    return ordered


def publish_cube(
    store: OutputStore,
    tile: Tile,
    segment: str,
    slices: Sequence[Committed],
    *,
    depth_m: tuple[float, float],
    staging: Path,
) -> str:
    """Build the generation that holds ``slices`` unless it is there; its path.

    Shards are linked, so a cube in a folder costs no more disk than its slices; in an object store
    they are copied by the server.
    """
    path = LAYOUT.cube(tile.key, segment, compute_digest(slices))
    if store.read(f"{path}/{ROOT_DOCUMENT}") is not None:
        return path
    ordered = sorted(slices, key=lambda one: (one.overpass.datetime, one.id))
    names = [store.list_files(str(one.slice)) for one in ordered]
    links: dict[str, str] = {}
    present = set()
    for position, (one, found) in enumerate(zip(ordered, names, strict=True)):
        for name in found:
            layer, *rest = name.removeprefix(f"{one.slice}/").split("/")
            present.add(layer)
            # Chunks c/0/i/j of a slice are the chunks c/t/i/j of the cube; coordinates are its own.
            if len(rest) == SHARD_DEPTH and rest[:2] == ["c", "0"]:
                links["/".join([layer, "c", str(position), *rest[2:]])] = name
    files = compute_group_files(
        [layer for layer in LAYERS if layer.name in present],
        tile.geobox,
        compute_time_axis([one.overpass for one in ordered]),
        depth_m,
        {"title": f"Soil moisture, tile {tile.key}, {segment}"},
    )
    ending = {ROOT_DOCUMENT: files.pop(ROOT_DOCUMENT)}
    store.publish_links(path, links, files | ending, staging)
    return path
