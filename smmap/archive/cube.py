"""Cube generations: committed slices joined in time, never modified, switched as a whole."""

from __future__ import annotations

import hashlib
import os
import shutil
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
from smmap.store.atomic import publish_folder, report_store_errors

_TICK = timedelta(microseconds=1)
_DIGEST_LENGTH = 16


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
    root: Path,
    tile: Tile,
    segment: str,
    slices: Sequence[Committed],
    *,
    depth_m: tuple[float, float],
    staging: Path,
) -> str:
    """Build the generation that holds ``slices`` unless it is there; its path within ``root``.

    Shards are linked (hard links, else copies), so a cube costs no more disk than its slices.
    """
    digest = compute_digest(slices)
    path = LAYOUT.cube(tile.key, segment, digest)
    if (root / path).exists():
        return path
    ordered = sorted(slices, key=lambda one: (one.overpass.datetime, one.id))
    folders = [root / str(one.slice) for one in ordered]
    layers = [one for one in LAYERS if any((folder / one.name).is_dir() for folder in folders)]
    staged = staging / f"cube-{tile.grid}-{tile.id}-{segment}-{digest}"
    files = compute_group_files(
        layers,
        tile.geobox,
        compute_time_axis([one.overpass for one in ordered]),
        depth_m,
        {"title": f"Soil moisture, tile {tile.key}, {segment}"},
    )
    with report_store_errors(str(root / path)):
        for position, folder in enumerate(folders):
            for layer in layers:
                _link_shards(folder / layer.name / "c" / "0", staged / layer.name / "c", position)
        for name, data in sorted(files.items(), key=lambda pair: pair[0] == ROOT_DOCUMENT):
            (staged / name).parent.mkdir(parents=True, exist_ok=True)
            (staged / name).write_bytes(data)
    publish_folder(staged, root / path)
    return path


def _link_shards(source: Path, chunks: Path, position: int) -> None:
    """Link ``source/i/j`` as ``chunks/<position>/i/j``; absent shards are all nodata."""
    for shard in source.glob("*/*"):
        target = chunks / str(position) / shard.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(shard, target)
        except OSError:
            shutil.copyfile(shard, target)
