"""An output in numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from smmap.archive.ledger import list_committed, list_tiles
from smmap.product.layout import LAYOUT
from smmap.spec.errors import ArchiveError


def describe_output(root: Path) -> dict[str, Any]:
    """Counts by tile and the notes of failed units, as plain data.

    Raises
    ------
    ArchiveError
        If the folder is no output.
    """
    if not (root / LAYOUT.catalog).is_file() and not (root / LAYOUT.staging).is_dir():
        raise ArchiveError(f"{root} is not an output of smmap: it has no {LAYOUT.catalog}")
    notes = sorted((root / LAYOUT.failures).glob("*.json"))
    return {
        "tiles": [_describe_tile(root, tile) for tile in list_tiles(root)],
        "failed": [json.loads(path.read_bytes()) for path in notes],
    }


def _describe_tile(root: Path, tile: str) -> dict[str, Any]:
    committed = list_committed(root, tile)
    path = root / LAYOUT.tile_collection(tile)
    # A run that was killed has committed items whose tile has no collection yet.
    collection = json.loads(path.read_bytes()) if path.is_file() else {}
    times = [one.overpass.datetime for one in committed]
    return {
        "tile": tile,
        "done": sum(one.status == "done" for one in committed),
        "empty": sum(one.status == "empty" for one in committed),
        "first": f"{min(times):%Y-%m-%d %H:%M}" if times else "",
        "last": f"{max(times):%Y-%m-%d %H:%M}" if times else "",
        "cubes": ", ".join(
            name.removeprefix("cube-")
            for name in sorted(collection.get("assets", {}))
            if name.startswith("cube-")
        ),
    }
