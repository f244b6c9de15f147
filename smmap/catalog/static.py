"""Catalogue kind ``stac-static``: JSON files in a folder or on a web server."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pystac
from pystac.utils import make_absolute_href

from smmap.catalog.candidate import Candidate
from smmap.catalog.left_out import leave_out
from smmap.catalog.plain_item import AnyItem
from smmap.catalog.reading import read_item
from smmap.catalog.selection import Bbox, compute_extent, select_candidates
from smmap.catalog.stored_item import Snapshot
from smmap.catalog.web import open_io, reading
from smmap.spec.definition import Definition
from smmap.spec.errors import CatalogError, EmptySearchError
from smmap.spec.period import Period
from smmap.store.address import is_web

WORLD: Bbox = (-180.0, -90.0, 180.0, 90.0)

_READERS = 8
_BATCH = 64
"""Files that one reader takes at a time: the next batch is read while this one is parsed."""


@dataclass(frozen=True)
class _Node:
    """A catalogue or collection: its links."""

    collection: str | None
    children: list[str]
    items: list[str]


class StaticCatalog:
    """A tree of STAC files, read whole and once: open it anew to see what came later.

    Parameters
    ----------
    address
        A folder with ``catalog.json`` or ``collection.json``, such a file, or its URL.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._web = open_io() if is_web(address) else None
        self._io = self._web or pystac.StacIO.default()
        self._root = _find_root(address)
        self._snapshot = Snapshot()
        self._nodes: dict[str, _Node] = {}
        self._found: dict[str, list[Candidate]] = {}

    def search(
        self, definition: Definition, bbox: Bbox, period: Period | None
    ) -> list[pystac.Item]:
        """Items that touch box and period; see `smmap.catalog.registry.Catalog`."""
        return [one.item for one in self.find(definition, bbox, period)]

    def find(self, definition: Definition, bbox: Bbox, period: Period | None) -> list[Candidate]:
        """The same with what planning needs of them."""
        self._bound(definition)
        return select_candidates(self._load(definition), definition, bbox, period)

    def extent(self, definition: Definition) -> tuple[Bbox, Period]:
        """The box and period of all items, computed from the items themselves."""
        self._bound(definition)
        found = select_candidates(self._load(definition), definition, WORLD, None)
        if not found:
            raise EmptySearchError(
                f"{self._root}: no item in {' or '.join(definition.collections)}; add scenes, or "
                f"correct 'collections' in definition '{definition.id}'"
            )
        return compute_extent(found)

    def _bound(self, definition: Definition) -> None:
        """Ask a server no more often than the definition allows."""
        if self._web is not None:
            self._web.bound(definition.requests_per_second)

    def _load(self, definition: Definition) -> list[Candidate]:
        key = f"{definition.collections} {sorted(definition.query.items(), key=str)}"
        if key not in self._found:
            self._found[key] = list(self._walk(definition))
        return self._found[key]

    def _walk(self, definition: Definition) -> Iterator[Candidate]:
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
            if href not in self._nodes:
                self._nodes[href] = self._read_node(href)
            node = self._nodes[href]
            collection = node.collection or above
            stack += [(child, collection) for child in reversed(node.children)]
            if collection is None or collection in definition.collections:
                yield from self._read_items(node.items, collection, definition)

    def _read_node(self, href: str) -> _Node:
        """A catalogue or collection, whose many links to items pystac need not see."""
        with reading(href):
            document = self._io.read_json(href)
            links = document.get("links", [])
            items = [make_absolute_href(one["href"], href) for one in links if one["rel"] == "item"]
            document["links"] = [one for one in links if one["rel"] != "item"]
            node = self._io.stac_object_from_dict(document, href=href, preserve_dict=False)
        if not isinstance(node, pystac.Catalog):
            raise CatalogError(
                f"{href} is no STAC catalogue or collection; give a catalogue's folder, its "
                "catalog.json, or the address of a STAC API"
            )
        children = [link.get_absolute_href() for link in node.get_child_links()]
        name = node.id if isinstance(node, pystac.Collection) else None
        return _Node(name, [child for child in children if child], items)

    def _read_items(
        self, hrefs: list[str], collection: str | None, definition: Definition
    ) -> Iterator[Candidate]:
        def belongs(item: AnyItem) -> bool:
            return bool({item.collection_id, collection} & set(definition.collections))

        for href, text in self._read_texts(hrefs):
            if isinstance(text, CatalogError):
                leave_out(str(text))
                continue
            one = read_item(text, definition, self._snapshot, place=href, href=href, wanted=belongs)
            if one is not None:
                yield one

    def _read_texts(self, hrefs: list[str]) -> Iterator[tuple[str, str | CatalogError]]:
        """Contents in the order of ``hrefs``, read ahead by a few threads."""
        batches = [hrefs[start : start + _BATCH] for start in range(0, len(hrefs), _BATCH)]
        with ThreadPoolExecutor(_READERS, "items") as pool:
            for start in range(0, len(batches), _READERS):
                for batch in pool.map(self._read_batch, batches[start : start + _READERS]):
                    yield from batch

    def _read_batch(self, hrefs: list[str]) -> list[tuple[str, str | CatalogError]]:
        return [(href, self._read_text(href)) for href in hrefs]

    def _read_text(self, href: str) -> str | CatalogError:
        try:
            with reading(href):
                return self._io.read_text(href)
        except CatalogError as error:
            return error


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
