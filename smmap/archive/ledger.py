"""What is committed: the items themselves, read from the folder."""

from __future__ import annotations

import json
import posixpath
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smmap.product.layout import LAYOUT
from smmap.spec.errors import ArchiveError
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Block, Tile


@dataclass(frozen=True)
class Committed:
    """One unit's item as it stands in the output."""

    id: str
    """The unit's id."""
    path: str
    """Of the item, relative to the output folder."""
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
        """Its slice of the cube, relative to the output folder; None where there is none."""
        asset = self.document["assets"].get("slice")
        return asset and posixpath.normpath(f"{posixpath.dirname(self.path)}/{asset['href']}")

    @property
    def has_skipped(self) -> bool:
        """Whether a scene could not be used, so that another try may do better."""
        return bool(self.document["properties"].get("smmap:skipped"))

    def get_area(self, tile: Tile) -> Block:
        """What it covers of its tile."""
        affine = tile.geobox.affine
        _, _, x, _, _, y = self.document["properties"]["proj:transform"][:6]
        height, width = self.document["properties"]["proj:shape"]
        row, col = round((y - affine.f) / affine.e), round((x - affine.c) / affine.a)
        return Block(tile.geobox, row, col, height, width)


def read_committed(root: Path, path: str) -> Committed | None:
    """The item at ``path`` (relative to ``root``), or None if there is none.

    Raises
    ------
    ArchiveError
        If the file is there but is no item of ours.
    """
    try:
        document = json.loads((root / path).read_bytes())
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
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = repr(error)
    raise ArchiveError(f"{root / path} is not an item of this product ({reason}); move it away")


def list_tiles(root: Path) -> list[str]:
    """Keys of the tiles that hold items, or a collection of them."""
    found = {
        path.parent.relative_to(root / LAYOUT.product).as_posix()
        for path in (root / LAYOUT.product).glob("*/*/*")
        if path.name == "collection.json" or (path.is_dir() and path.name.isdigit())
    }
    return sorted(found)


def list_committed(root: Path, tile: str) -> list[Committed]:
    """All items of a tile (by its key), by time then id."""
    found = []
    for path in sorted((root / LAYOUT.product / tile).glob("*/*/*.json")):
        one = read_committed(root, path.relative_to(root).as_posix())
        if one is not None:
            found.append(one)
    return sorted(found, key=lambda one: (one.overpass.datetime, one.id))
