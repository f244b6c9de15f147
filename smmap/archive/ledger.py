"""What is committed of the overpass level: the items themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from smmap.archive.item import CommittedItem, parse_item, read_items, report_bad_item
from smmap.product.layout import LAYOUT
from smmap.spec.overpass import Overpass
from smmap.store.output import OutputStore


@dataclass(frozen=True)
class Committed(CommittedItem):
    """One overpass of one tile."""

    overpass: Overpass
    """Without its scenes."""

    @property
    def year(self) -> int:
        """Calendar year of its folder."""
        return int(self.path.split("/")[-3])

    @property
    def has_skipped(self) -> bool:
        """Whether a scene could not be used, so that another try may do better."""
        return bool(self.document["properties"].get("smmap:skipped"))


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
    with report_bad_item(store, path):
        item = parse_item(data, path)
        properties = item.document["properties"]
        overpass = Overpass(
            id=item.id,
            platform=properties.get("platform", "unknown"),
            orbit_state=properties.get("sat:orbit_state"),
            relative_orbit=properties.get("sat:relative_orbit"),
            datetime=datetime.fromisoformat(properties["datetime"]).astimezone(UTC),
            items=(),
        )
    return Committed(**vars(item), overpass=overpass)


def list_tiles(store: OutputStore) -> list[str]:
    """Keys of the tiles that hold something."""
    return [
        f"{grid}/{tile}"
        for grid in store.list_folders(LAYOUT.product)
        for tile in store.list_folders(f"{LAYOUT.product}/{grid}")
    ]


def list_committed(store: OutputStore, tile: str) -> list[Committed]:
    """All items of a tile (by its key), by time then id."""
    items = read_items(store, f"{LAYOUT.product}/{tile}")
    found = [parse_committed(data, store, path) for path, data in items]
    return sorted(found, key=lambda one: (one.overpass.datetime, one.id))
