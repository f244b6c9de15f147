"""Scenes whose bands are spread over two collections, as of a burst and its static layers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from smmap.catalog.candidate import Candidate, mark_version
from smmap.catalog.registry import Catalog
from smmap.catalog.selection import Bbox
from smmap.catalog.stored_item import Snapshot, StoredItem
from smmap.spec.definition import Companion, Definition
from smmap.spec.period import Period

Key = tuple[str | Any, ...]


def find_scenes(
    catalog: Catalog, definition: Definition, bbox: Bbox, period: Period | None
) -> list[Candidate]:
    """Search a catalogue, and complete what it has by the definition's companions.

    A scene of which a companion is missing stays as it is: what it lacks is said where it is
    needed. Of several companions of a scene the last updated counts. The version of a completed
    scene is that of both.

    Parameters
    ----------
    catalog, definition, bbox, period
        As of `smmap.catalog.registry.Catalog`; errors too.
    """
    found = catalog.find(definition, bbox, period)
    for companion in definition.companions:
        partners = _find_partners(catalog, definition, companion, bbox, period) if found else {}
        snapshot = Snapshot()
        found = [
            _complete(one, partners.get(_read_key(companion, one.id)), companion, snapshot)
            for one in found
        ]
    return found


def _find_partners(
    catalog: Catalog,
    definition: Definition,
    companion: Companion,
    bbox: Bbox,
    period: Period | None,
) -> Mapping[Key | None, Candidate]:
    other = definition.model_copy(
        update={
            "collections": (companion.collection,),
            "companions": (),
            "query": {},
            "static": companion.static,
        }
    )
    partners = catalog.find(other, bbox, period)
    ordered = sorted(partners, key=lambda one: (one.updated, one.id))
    return {_read_key(companion, one.id): one for one in ordered}


def _read_key(companion: Companion, name: str) -> Key | None:
    match = re.search(companion.key, name)
    return match and (match.groups() or (match[0],))


def _complete(
    one: Candidate, partner: Candidate | None, companion: Companion, snapshot: Snapshot
) -> Candidate:
    if partner is None or _read_key(companion, one.id) is None:
        return one
    document = one.item.to_dict(transform_hrefs=False)
    assets = partner.item.to_dict(transform_hrefs=False)["assets"]
    taken = {key: assets[key] for key in companion.assets if key in assets}
    document["assets"] = taken | document["assets"]
    place = snapshot.add(json.dumps(document).encode())
    version = f"{mark_version(one.item)} {mark_version(partner.item)}"
    item = StoredItem(one.id, one.item.get_self_href(), version, place)
    return replace(one, item=item, assets=tuple(document["assets"]))
