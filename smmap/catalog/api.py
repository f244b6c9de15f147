"""Catalogue kind ``stac-api``: a server with item search."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pystac

from smmap.catalog.candidate import Candidate
from smmap.catalog.left_out import leave_out
from smmap.catalog.plain_item import AnyItem
from smmap.catalog.reading import read_item
from smmap.catalog.selection import Bbox, select_candidates, split_bbox
from smmap.catalog.stored_item import Snapshot
from smmap.catalog.web import is_api, load_json, open_io, reading
from smmap.grid.boxes import merge_boxes
from smmap.spec.definition import Definition
from smmap.spec.errors import CatalogError
from smmap.spec.period import Period
from smmap.store.address import is_web

if TYPE_CHECKING:
    from pystac_client import Client

    from smmap.catalog.patient_io import PatientIO

PAGE = 250
"""Items asked for at once; servers may give fewer."""


class ApiCatalog:
    """A STAC API.

    Parameters
    ----------
    address
        URL of its root document.
    """

    def __init__(self, address: str) -> None:
        if not is_web(address):
            raise CatalogError(f"'{address}' is no web address: a STAC API needs http(s)://...")
        self.address = address.rstrip("/")

    def search(
        self, definition: Definition, bbox: Bbox, period: Period | None
    ) -> list[pystac.Item]:
        """Items that touch box and period; see `smmap.catalog.registry.Catalog`."""
        return [one.item for one in self.find(definition, bbox, period)]

    def find(self, definition: Definition, bbox: Bbox, period: Period | None) -> list[Candidate]:
        """The same with what planning needs of them; pages go to disk as they come."""
        self._io.bound(definition.requests_per_second)
        options: dict[str, Any] = {"collections": list(definition.collections), "limit": PAGE}
        if period is not None and not definition.static:
            options["datetime"] = (period.start, period.end)
        # Lists are compared here only: servers do not agree on what equals a list.
        scalars = {
            key: {"eq": value}
            for key, value in definition.query.items()
            if not isinstance(value, (list, dict))
        }
        if scalars and self._client.conforms_to("QUERY"):
            options["query"] = scalars
        methods = [link.extra_fields.get("method") for link in self._client.get_links("search")]
        options["method"] = "POST" if "POST" in methods else "GET"
        snapshot, found = Snapshot(), []

        def belongs(item: AnyItem) -> bool:
            asked = item.collection_id in (None, *definition.collections)
            if not asked:
                leave_out(
                    f"{self.address} also gave scenes of collection '{item.collection_id}', which "
                    f"definition '{definition.id}' does not name"
                )
            return asked

        for box in split_bbox(bbox):
            for place, text in self._list_items({"bbox": box, **options}):
                found.append(read_item(text, definition, snapshot, place=place, wanted=belongs))
        return select_candidates([one for one in found if one], definition, bbox, period)

    def _list_items(self, options: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Id and JSON of what a search gives, page by page."""
        seen: set[bytes] = set()
        with reading(self.address):
            pages = self._client.search(**options).pages_as_dicts()
        while True:
            with reading(self.address):
                page = next(pages, None)
                if page is None:
                    return
                items = [(str(one.get("id")), json.dumps(one)) for one in page["features"]]
            digest = hashlib.sha256("".join(text for _, text in items).encode()).digest()
            if digest in seen:
                raise CatalogError(
                    f"{self.address} gives one page of scenes again and again, from {items[0][0]} "
                    "on: its links to the next page lead back; report it to its provider"
                )
            seen.add(digest)
            yield from items

    def extent(self, definition: Definition) -> tuple[Bbox, Period]:
        """What the collections say they hold; an open end means until now."""
        self._io.bound(definition.requests_per_second)
        pages = [f"{self.address}/collections/{name}" for name in definition.collections]
        with reading(self.address):
            rows = [_read_extent(load_json(self._io, page)) for page in pages]
        start, end = min(row[1] for row in rows), max(row[2] for row in rows)
        return merge_boxes(row[0] for row in rows), Period(start, end + timedelta(seconds=1))

    @cached_property
    def _io(self) -> PatientIO:
        return open_io()

    @cached_property
    def _client(self) -> Client:
        from pystac_client import Client

        if not is_api(load_json(self._io, self.address)):
            raise CatalogError(
                f"{self.address} is no STAC API with item search; correct the address, or use a "
                "definition of kind 'stac-static'"
            )
        with reading(self.address):
            return Client.open(self.address, stac_io=self._io)


def _read_extent(collection: dict[str, Any]) -> tuple[Bbox, datetime, datetime]:
    """Box, first and last instant of a collection's own extent."""
    box = collection["extent"]["spatial"]["bbox"][0]
    half = len(box) // 2  # boxes may have heights
    start, end = collection["extent"]["temporal"]["interval"][0]
    if start is None:
        raise ValueError(f"collection {collection['id']} has no beginning: give a period")
    first = datetime.fromisoformat(start).astimezone(UTC)
    last = datetime.now(UTC) if end is None else datetime.fromisoformat(end).astimezone(UTC)
    return (box[0], box[1], box[half], box[half + 1]), first, last
