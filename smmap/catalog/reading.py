"""From an item's JSON to a candidate; what cannot be one is left out, with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable

import pystac

from smmap.catalog.candidate import Candidate, mark_version, read_candidate
from smmap.catalog.left_out import leave_out
from smmap.catalog.plain_item import AnyItem, parse_plain
from smmap.catalog.selection import has_properties
from smmap.catalog.stored_item import Snapshot, StoredItem
from smmap.catalog.web import reading
from smmap.spec.definition import Definition
from smmap.spec.errors import CatalogError, SceneError


def read_item(
    text: str,
    definition: Definition,
    snapshot: Snapshot,
    *,
    place: str,
    href: str | None = None,
    wanted: Callable[[AnyItem], bool] = lambda item: True,  # noqa: ARG005
) -> Candidate | None:
    """The candidate behind an item's JSON, whose content goes into ``snapshot``.

    Parameters
    ----------
    text
        The item's JSON.
    definition
        Says which properties an item must have; None comes back for others.
    snapshot
        Keeps the content.
    place
        Names it in messages.
    href
        Where it was read; None: its own link says.
    wanted
        A further condition.
    """
    item: AnyItem
    try:
        with reading(place):
            document = json.loads(text)
            plain = parse_plain(document, href)
            if plain is None or not plain.properties.get("updated"):
                whole = pystac.Item.from_dict(document, href=href)
                _check_texts(whole)
                item, version = plain or whole, mark_version(whole)
            else:
                item, version = plain, str(plain.properties["updated"])
    except CatalogError as error:
        leave_out(str(error))
        return None
    if not wanted(item):
        return None
    if not has_properties(item, definition):
        unsaid = sorted(definition.query.keys() - item.properties.keys())
        if unsaid:
            leave_out(
                f"item {item.id}: says nothing of {', '.join(unsaid)}, which definition "
                f"'{definition.id}' asks for; add it, or correct 'query'"
            )
        return None
    try:
        stored = StoredItem(item.id, item.get_self_href(), version, snapshot.add(text.encode()))
        return read_candidate(item, stored)
    except SceneError as error:
        leave_out(str(error))
        return None


def _check_texts(item: pystac.Item) -> None:
    """A TypeError where something that everybody takes for text is none: pystac does not look."""
    texts = [item.id, *(asset.href for asset in item.assets.values())]
    if item.collection_id is not None:
        texts.append(item.collection_id)
    if not all(isinstance(one, str) for one in texts):
        raise TypeError("its id, its collection or the address of an asset is no text")
