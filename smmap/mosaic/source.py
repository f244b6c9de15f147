"""The overpass maps of an output, as a mosaic knows them; see `reader` for their pixels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from affine import Affine
from odc.geo.geobox import GeoBox

from smmap.archive.document import read_document, require_output
from smmap.archive.ledger import Committed, list_committed, list_tiles
from smmap.product.layout import LAYOUT
from smmap.spec.errors import ArchiveError
from smmap.spec.tile import Block, Tile
from smmap.store.output import OutputStore, join_address


@dataclass(frozen=True)
class OverpassMap:
    """One committed overpass of one tile."""

    store: OutputStore
    """The output that it lies in; sent to another process, it is opened there by its address."""
    tile: Tile
    """The whole tile."""
    committed: Committed
    """Its item."""

    @property
    def area(self) -> Block:
        """What of the tile it covers."""
        return self.committed.get_area(self.tile)

    @property
    def day(self) -> date:
        """Calendar day of its mid-time, UTC."""
        return self.committed.overpass.datetime.date()

    @property
    def time_s(self) -> int:
        """Whole seconds from 00 UTC of its day."""
        moment = self.committed.overpass.datetime
        return int((moment - datetime.combine(self.day, time(), UTC)).total_seconds())

    @property
    def overpass(self) -> str:
        """Name of the overpass, which tiles along the orbit share."""
        marked = self.committed.id.partition(f"_T{self.tile.id}_")[2]
        return marked.rpartition("_v")[0] or self.committed.id


def list_maps(store: OutputStore) -> list[OverpassMap]:
    """All committed overpass maps with pixels, by tile, time and id.

    Raises
    ------
    ArchiveError
        If there is no output, or a tile's collection is missing.
    """
    require_output(store)
    found = []
    for key in list_tiles(store):
        committed = [one for one in list_committed(store, key) if one.status == "done"]
        if committed:
            tile = load_tile(store, key)
            found += [OverpassMap(store, tile, one) for one in committed]
    return found


def load_tile(store: OutputStore, key: str) -> Tile:
    """A tile as its collection describes it."""
    path = LAYOUT.tile_collection(key)
    try:
        grid = (read_document(store, path) or {})["smmap:grid"]
        geobox = GeoBox(tuple(grid["shape"]), Affine(*grid["transform"]), grid["crs"])
    except (ValueError, KeyError, TypeError) as error:
        reason = repr(error)
    else:
        name, _, identifier = key.partition("/")
        return Tile(identifier, geobox, name)
    raise ArchiveError(
        f"{join_address(store.address, path)}: not readable ({reason}); a run that was killed left "
        "it: run it again"
    )
