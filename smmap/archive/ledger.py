"""What is committed: the items themselves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from smmap.product.layout import LAYOUT
from smmap.product.projection import read_area
from smmap.product.stored_file import find_file
from smmap.spec.errors import ArchiveError
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Block, Tile
from smmap.store.output import OutputStore, join_address


@dataclass(frozen=True)
class Committed:
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
    overpass: Overpass
    """Without its scenes."""
    document: dict[str, Any]
    """The whole item."""

    @property
    def year(self) -> int:
        """Calendar year of its folder."""
        return int(self.path.split("/")[-3])

    @property
    def slice(self) -> str | None:
        """Its slice of the cube, relative to the output; None where there is none."""
        return find_file(self.document, self.path, "slice")

    @property
    def has_skipped(self) -> bool:
        """Whether a scene could not be used, so that another try may do better."""
        return bool(self.document["properties"].get("smmap:skipped"))

    def get_area(self, tile: Tile) -> Block:
        """What it covers of its tile."""
        return read_area(self.document["properties"], tile.geobox)


def read_committed(store: OutputStore, path: str) -> Committed | None:
    """The item at ``path``, or None if there is none.

    Raises
    ------
    ArchiveError
        If the file is there but is no item of ours.
    """
    data = store.read(path)
    return None if data is None else parse_committed(data, store, path)


def parse_committed(data: bytes, store: OutputStore, path: str) -> Committed:
    """The item whose bytes were read from ``path``; errors as of ``read_committed``."""
    try:
        document = json.loads(data)
        properties = document["properties"]
        moment = datetime.fromisoformat(properties["datetime"]).astimezone(UTC)
        overpass = Overpass(
            id=document["id"],
            platform=properties.get("platform", "unknown"),
            orbit_state=properties.get("sat:orbit_state"),
            relative_orbit=properties.get("sat:relative_orbit"),
            datetime=moment,
            items=(),
        )
        return Committed(
            document["id"],
            path,
            properties["smmap:fingerprint"],
            properties["smmap:inputs"],
            properties["smmap:status"],
            overpass,
            document,
        )
    except (ValueError, KeyError, TypeError) as error:
        reason = repr(error)
    where = join_address(store.address, path)
    raise ArchiveError(f"{where} is not an item of this product ({reason}); move it away")


def list_tiles(store: OutputStore) -> list[str]:
    """Keys of the tiles that hold something."""
    return [
        f"{grid}/{tile}"
        for grid in store.list_folders(LAYOUT.product)
        for tile in store.list_folders(f"{LAYOUT.product}/{grid}")
    ]


def list_committed(store: OutputStore, tile: str) -> list[Committed]:
    """All items of a tile (by its key), by time then id."""
    folder = f"{LAYOUT.product}/{tile}"
    paths = [
        f"{folder}/{year}/{item}/{item}.json"
        for year in store.list_folders(folder)
        for item in store.list_folders(f"{folder}/{year}")
    ]
    found = [
        parse_committed(data, store, path)
        for path, data in zip(paths, store.read_many(paths), strict=True)
        if data is not None
    ]
    return sorted(found, key=lambda one: (one.overpass.datetime, one.id))
