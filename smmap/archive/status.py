"""An output in numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from smmap.archive.ledger import list_committed, list_tiles
from smmap.product.layout import LAYOUT
from smmap.spec.errors import ArchiveError
from smmap.store.open import open_output_store
from smmap.store.output import OutputStore


def describe_output(folder: str | Path | OutputStore) -> dict[str, Any]:
    """Counts by tile and the notes of failed units, as plain data.

    Raises
    ------
    ArchiveError
        If the folder is no output.
    """
    store = open_output_store(folder)
    tiles = list_tiles(store)
    if store.read(LAYOUT.catalog) is None and not tiles:
        raise ArchiveError(f"{store.address} is not an output of smmap: no {LAYOUT.catalog}")
    notes = store.read_many(store.list_files(LAYOUT.failures))
    return {
        "tiles": [_describe_tile(store, tile) for tile in tiles],
        "failed": [json.loads(note) for note in notes if note is not None],
    }


def _describe_tile(store: OutputStore, tile: str) -> dict[str, Any]:
    committed = list_committed(store, tile)
    # A run that was killed has committed items whose tile has no collection yet.
    collection = json.loads(store.read(LAYOUT.tile_collection(tile)) or b"{}")
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
