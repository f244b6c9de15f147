"""Removes what nobody points to: older cubes and files, and files whose item never came.

A reader may have opened a generation just before it was superseded, and a driver may have
published files whose item is still to come. So what is found is first remembered, and removed by
a later call, a day on.
"""

from __future__ import annotations

import json
import posixpath
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from smmap.archive.daily_ledger import list_series
from smmap.archive.document import parse_document, read_document
from smmap.archive.ledger import list_tiles
from smmap.product.daily_layout import DAILY, DAILY_CUBES, get_daily_collection
from smmap.product.layout import LAYOUT
from smmap.spec.errors import StoreError
from smmap.store.output import OutputStore

A_DAY = timedelta(days=1)
_TRIES = 5
_DEPTH = 3
"""Year, item, fingerprint: the folders above a file."""


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
            return _remove(store, due), list(waiting)
    raise StoreError(f"{store.address}: other runs keep changing {LAYOUT.superseded}; rerun later")


def _remove(store: OutputStore, due: list[str]) -> list[str]:
    """Look again first: a run may have come back to files that a killed one had left."""
    removed = []
    still = set(find_superseded(store)) if due else set()
    for path in due:
        if path in still and not _is_used(store, path):
            store.delete_folder(path)
            removed.append(path)
    return removed


def _is_used(store: OutputStore, path: str) -> bool:
    """Whether an item's files have come into use since all was looked through."""
    home, name = posixpath.split(path)
    item = read_document(store, f"{home}/{posixpath.basename(home)}.json")
    return name in {one.split("/")[0] for one in _list_assets(item)}


def find_superseded(store: OutputStore) -> Iterator[str]:
    """Folders of files and cubes that no item and no collection points to."""
    for tile in list_tiles(store):
        yield from _find_old_files(store, f"{LAYOUT.product}/{tile}")
        yield from _find_old_cubes(store, f"cubes/{tile}", LAYOUT.tile_collection(tile))
    for series in list_series(store):
        yield from _find_old_files(store, f"{DAILY}/{series}")
        yield from _find_old_cubes(store, f"{DAILY_CUBES}/{series}", get_daily_collection(series))


def _find_old_files(store: OutputStore, folder: str) -> Iterator[str]:
    there: dict[str, set[str]] = defaultdict(set)
    for file in store.list_files(folder):
        parts = file.removeprefix(f"{folder}/").split("/", _DEPTH)
        if len(parts) > _DEPTH and not parts[-2].startswith("."):
            there["/".join([folder, *parts[:2]])].add(parts[-2])
    paths = [f"{home}/{posixpath.basename(home)}.json" for home in sorted(there)]
    for home, path, data in zip(sorted(there), paths, store.read_many(paths), strict=True):
        # Without an item all files are left over, of a run that was killed before it came to it.
        used = {one.split("/")[0] for one in _list_assets(parse_document(store, path, data))}
        yield from (f"{home}/{name}" for name in sorted(there[home] - used))


def _find_old_cubes(store: OutputStore, folder: str, collection: str) -> Iterator[str]:
    home = posixpath.dirname(collection)
    hrefs = _list_assets(read_document(store, collection))
    used = {posixpath.normpath(posixpath.join(home, href)) for href in hrefs}
    for segment in store.list_folders(folder):
        for name in store.list_folders(f"{folder}/{segment}"):
            if f"{folder}/{segment}/{name}" not in used:
                yield f"{folder}/{segment}/{name}"


def _list_assets(document: dict[str, Any] | None) -> list[str]:
    assets = (document or {}).get("assets", {})
    return [posixpath.normpath(asset["href"]) for asset in assets.values()]
