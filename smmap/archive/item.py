"""An item as it stands in an output: the ledger's entry, of either level."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from smmap.product.projection import read_area
from smmap.product.stored_file import find_file
from smmap.spec.errors import ArchiveError
from smmap.spec.tile import Block, Tile
from smmap.store.output import OutputStore, join_address


@dataclass(frozen=True)
class CommittedItem:
    """One unit's item as it stands in the output."""

    id: str
    """The unit's id."""
    path: str
    """Of the item, relative to the output."""
    fingerprint: str
    """Of its files."""
    inputs: str
    """Fingerprint of the unit that wrote it."""
    status: str
    """``done`` or ``empty``."""
    document: dict[str, Any]
    """The whole item."""

    @property
    def slice(self) -> str | None:
        """Its slice of the cube, relative to the output; None where there is none."""
        return find_file(self.document, self.path, "slice")

    def get_area(self, tile: Tile) -> Block:
        """What it covers of its tile or canvas."""
        return read_area(self.document["properties"], tile.geobox)


def parse_item(data: bytes, path: str) -> CommittedItem:
    """The item whose bytes were read from ``path``; call it within `report_bad_item`."""
    document = json.loads(data)
    properties = document["properties"]
    return CommittedItem(
        document["id"],
        path,
        properties["smmap:fingerprint"],
        properties["smmap:inputs"],
        properties["smmap:status"],
        document,
    )


@contextmanager
def report_bad_item(store: OutputStore, path: str) -> Iterator[None]:
    """Turn what goes wrong with a file that is no item of ours into an ArchiveError."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = repr(error)
    else:
        return
    where = join_address(store.address, path)
    raise ArchiveError(f"{where} is not an item of this product ({reason}); move it away")


def list_item_paths(store: OutputStore, folder: str) -> list[str]:
    """Where the items of a tile's or a series' ``folder`` lie; files may be there without one."""
    return [
        f"{folder}/{year}/{item}/{item}.json"
        for year in store.list_folders(folder)
        for item in store.list_folders(f"{folder}/{year}")
    ]


def read_items(store: OutputStore, folder: str) -> list[tuple[str, bytes]]:
    """Path and bytes of every item below a tile's or a series' ``folder``."""
    paths = list_item_paths(store, folder)
    read = zip(paths, store.read_many(paths), strict=True)
    return [(path, data) for path, data in read if data is not None]
