"""An output in numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from smmap.archive.daily_ledger import list_days, list_series
from smmap.archive.document import read_document, require_output
from smmap.archive.item import CommittedItem
from smmap.archive.ledger import list_committed, list_tiles
from smmap.product.daily_layout import get_daily_collection
from smmap.product.layout import LAYOUT
from smmap.store.open import open_output_store
from smmap.store.output import OutputStore


def describe_output(folder: str | Path | OutputStore) -> dict[str, Any]:
    """Counts by tile and by mosaic, and the notes of failed units, as plain data.

    Raises
    ------
    ArchiveError
        If there is no output.
    """
    store = open_output_store(folder)
    require_output(store)
    notes = store.read_many(store.list_files(LAYOUT.failures))
    return {
        "tiles": [_describe_tile(store, tile) for tile in list_tiles(store)],
        "mosaics": [_describe_series(store, series) for series in list_series(store)],
        "failed": [json.loads(note) for note in notes if note is not None],
    }


def _describe_tile(store: OutputStore, tile: str) -> dict[str, Any]:
    committed = list_committed(store, tile)
    # A run that was killed has committed items whose tile has no collection yet.
    collection = read_document(store, LAYOUT.tile_collection(tile)) or {}
    times = [one.overpass.datetime for one in committed]
    return {"tile": tile, **_count(committed, times, "%Y-%m-%d %H:%M", collection, "cube-")}


def _describe_series(store: OutputStore, series: str) -> dict[str, Any]:
    days = list_days(store, series)
    collection = read_document(store, get_daily_collection(series)) or {}
    grid = collection.get("smmap:grid")
    times = [datetime.fromisoformat(one.document["properties"]["datetime"]) for one in days]
    return {
        "mosaic": series,
        "canvas": f"{grid['shape'][1]} x {grid['shape'][0]}, {grid['crs']}" if grid else "",
        **_count(days, times, "%Y-%m-%d", collection, "daily-"),
    }


def _count(
    committed: Sequence[CommittedItem],
    times: Sequence[datetime],
    written: str,
    collection: dict[str, Any],
    cube: str,
) -> dict[str, Any]:
    names = sorted(name for name in collection.get("assets", {}) if name.startswith(cube))
    return {
        "done": sum(one.status == "done" for one in committed),
        "empty": sum(one.status == "empty" for one in committed),
        "first": f"{min(times):{written}}" if times else "",
        "last": f"{max(times):{written}}" if times else "",
        "cubes": ", ".join(name.removeprefix(cube) for name in names),
    }
