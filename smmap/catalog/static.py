"""Catalogue kind ``stac-static``: JSON files in a folder or on a web server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from logging import getLogger
from pathlib import Path

import pystac

from smmap.catalog.footprint import compute_footprint, compute_time
from smmap.catalog.left_out import leave_out
from smmap.catalog.selection import Bbox, select_items
from smmap.catalog.web import open_io, reading
from smmap.grid.boxes import merge_boxes
from smmap.spec.definition import Definition
from smmap.spec.errors import CatalogError, EmptySearchError
from smmap.spec.period import Period
from smmap.store.probe import is_web

WORLD: Bbox = (-180.0, -90.0, 180.0, 90.0)

logger = getLogger(__name__)


class StaticCatalog:
    """A tree of STAC files, read whole and once: open it anew to see what came later.

    Parameters
    ----------
    address
        A folder with ``catalog.json`` or ``collection.json``, such a file, or its URL.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._io = open_io() if is_web(address) else pystac.StacIO.default()
        self._root = _find_root(address)
        self._found: dict[tuple[str, ...], list[pystac.Item]] = {}

    def search(
        self, definition: Definition, bbox: Bbox, period: Period | None
    ) -> list[pystac.Item]:
        """Items that touch box and period; see `smmap.catalog.registry.Catalog`."""
        return select_items(self._load_items(definition), definition, bbox, period)

    def extent(self, definition: Definition) -> tuple[Bbox, Period]:
        """The box and period of all items, computed from the items themselves."""
        items = select_items(self._load_items(definition), definition, WORLD, None)
        if not items:
            raise EmptySearchError(
                f"{self._root}: no item in {' or '.join(definition.collections)}; add scenes, or "
                f"correct 'collections' in definition '{definition.id}'"
            )
        shapes = [compute_footprint(item) for item in items]
        parts = [part.bounds for shape in shapes for part in getattr(shape, "geoms", [shape])]
        times = [compute_time(item) for item in items]
        start, end = min(time[0] for time in times), max(time[2] for time in times)
        return merge_boxes(parts), Period(start, end + timedelta(seconds=1))

    def _load_items(self, definition: Definition) -> list[pystac.Item]:
        if definition.collections not in self._found:
            self._found[definition.collections] = list(self._walk(definition.collections))
        return self._found[definition.collections]

    def _walk(self, collections: tuple[str, ...]) -> Iterator[pystac.Item]:
        """Items of the wanted collections, the tree in depth first.

        A catalogue or collection that cannot be read stops the search: it may hide any number
        of scenes. An item that cannot be read costs only itself.
        """
        stack: list[tuple[str, str | None]] = [(self._root, None)]
        seen = set()
        while stack:
            href, above = stack.pop()
            if href in seen:
                continue
            seen.add(href)
            with reading(href):
                node = pystac.read_file(href, stac_io=self._io)
            if not isinstance(node, pystac.Catalog):
                raise CatalogError(
                    f"{href} is no STAC catalogue or collection; give a catalogue's folder, its "
                    "catalog.json, or the address of a STAC API"
                )
            collection = node.id if isinstance(node, pystac.Collection) else above
            children = [link.get_absolute_href() for link in node.get_child_links()]
            stack += [(child, collection) for child in reversed(children) if child]
            if collection is None or collection in collections:
                for link in node.get_item_links():
                    item = self._load_item(str(link.get_absolute_href()))
                    if item and {item.collection_id, collection} & set(collections):
                        yield item

    def _load_item(self, href: str) -> pystac.Item | None:
        try:
            with reading(href):
                item = pystac.Item.from_file(href, stac_io=self._io)
                item.make_asset_hrefs_absolute()
                return item
        except CatalogError as error:
            leave_out(str(error))
            return None


def _find_root(address: str) -> str:
    if is_web(address):
        return address if address.endswith(".json") else f"{address.rstrip('/')}/catalog.json"
    path = Path(address).expanduser().absolute()
    names = ("catalog.json", "collection.json")
    places = [path / name for name in names] if path.is_dir() else [path]
    for place in places:
        if place.is_file():
            return str(place)
    raise CatalogError(
        f"no STAC catalogue at {' or '.join(str(place) for place in places)}; give a folder with "
        "a catalog.json, such a file, or a web address"
    )
