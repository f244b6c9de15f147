"""Removes what nobody points to any more: older cube generations and older files of an item.

A reader may have opened a generation just before it was superseded, and a driver may have
published files whose item is still to come. So what is found is first remembered, and removed by
a later call, a day on.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from smmap.archive.ledger import Committed, list_committed, list_tiles
from smmap.product.layout import LAYOUT
from smmap.spec.errors import StoreError
from smmap.store.output import OutputStore

A_DAY = timedelta(days=1)
_TRIES = 5


def remove_superseded(
    store: OutputStore, staging: Path, *, age: timedelta = A_DAY, now: datetime | None = None
) -> tuple[list[str], list[str]]:
    """Remove what has been superseded for ``age``; remember what has been so for less.

    Returns
    -------
    removed, waiting : list of str
        Paths within the output.
    """
    moment = now or datetime.now(UTC)
    for _ in range(_TRIES):
        current = store.read(LAYOUT.superseded)
        known = json.loads(current) if current else {}
        found = {
            path: known.get(path, moment.isoformat()) for path in sorted(find_superseded(store))
        }
        due = [path for path, seen in found.items() if moment - datetime.fromisoformat(seen) >= age]
        waiting = {path: seen for path, seen in found.items() if path not in due}
        data = json.dumps(waiting, indent=1).encode()
        if current == data or store.swap(LAYOUT.superseded, current, data, staging):
            for path in due:
                store.delete_folder(path)
            return due, list(waiting)
    raise StoreError(f"{store.address}: other runs keep changing {LAYOUT.superseded}; rerun later")


def find_superseded(store: OutputStore) -> Iterator[str]:
    """Folders of files and cubes that no item and no collection points to."""
    for tile in list_tiles(store):
        committed = list_committed(store, tile)
        for item in committed:
            yield from _find_old_files(store, item)
        yield from _find_old_cubes(store, tile)


def _find_old_files(store: OutputStore, item: Committed) -> Iterator[str]:
    folder = posixpath.dirname(item.path)
    hrefs = [asset["href"] for asset in item.document["assets"].values()]
    used = {posixpath.normpath(href).split("/")[0] for href in hrefs}
    for name in store.list_folders(folder):
        if name not in used:
            yield f"{folder}/{name}"


def _find_old_cubes(store: OutputStore, tile: str) -> Iterator[str]:
    path = LAYOUT.tile_collection(tile)
    document = json.loads(store.read(path) or b"{}")
    used = {
        posixpath.normpath(posixpath.join(posixpath.dirname(path), asset["href"]))
        for asset in document.get("assets", {}).values()
    }
    folder = f"cubes/{tile}"
    for segment in store.list_folders(folder):
        for name in store.list_folders(f"{folder}/{segment}"):
            if f"{folder}/{segment}/{name}" not in used:
                yield f"{folder}/{segment}/{name}"
