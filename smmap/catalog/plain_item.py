"""A STAC item as plain data: as much of it as finding scenes takes, at a fraction of the cost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pystac

_VERSIONS = frozenset(("1.0.0", "1.0.1", "1.1.0"))
"""What pystac reads without renaming a property that finding scenes looks at."""
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")


@dataclass(frozen=True, slots=True)
class PlainItem:
    """The attributes of `pystac.Item` that place, time and orbit are read from."""

    id: str
    """The item's id."""
    collection_id: str | None
    """Of its collection."""
    geometry: dict[str, Any] | None
    """GeoJSON."""
    bbox: list[float] | None
    """In the geometry's units."""
    datetime: datetime | None
    """As written; without a zone it is UTC."""
    properties: dict[str, Any]
    """As written."""
    documents: dict[str, dict[str, Any]]
    """Assets as written, by key."""
    href: str | None
    """Its own address."""

    @property
    def assets(self) -> dict[str, pystac.Asset]:
        """As `pystac.Item` has them."""
        return {key: pystac.Asset.from_dict(dict(one)) for key, one in self.documents.items()}

    def get_self_href(self) -> str | None:
        """Its own address."""
        return self.href


AnyItem = pystac.Item | PlainItem
"""What facts can be read from."""


def parse_plain(document: Any, href: str | None) -> PlainItem | None:
    """The item in a parsed JSON document, or None if only pystac can tell what it is.

    Whatever is not plainly an item of a current version is left to pystac, with its migrations
    and its own words for what is wrong.
    """
    if not _is_plain(document):
        return None
    properties, moment = document["properties"], document["properties"]["datetime"]
    return PlainItem(
        id=document["id"],
        collection_id=document.get("collection"),
        geometry=document.get("geometry"),
        bbox=document.get("bbox"),
        datetime=datetime.fromisoformat(moment),
        properties=properties,
        documents=document["assets"],
        href=href or _find_own_address(document["links"]),
    )


def _is_plain(document: Any) -> bool:
    try:
        properties, assets = document["properties"], document["assets"]
        if not (
            document["type"] == "Feature"
            and document["stac_version"] in _VERSIONS
            and isinstance(document["id"], str)
            and isinstance(document.get("collection"), (str, type(None)))
            and isinstance(document.get("geometry"), (dict, type(None)))
            and isinstance(document.get("bbox"), (list, type(None)))
            and "deprecated" not in properties
            and all(isinstance(one, str) for one in document.get("stac_extensions", ()))
            and all(isinstance(one["href"], str) for one in assets.values())
            and all(isinstance(one["href"], str) and one["rel"] for one in document["links"])
            and _TIME.fullmatch(properties["datetime"])
        ):
            return False
        datetime.fromisoformat(properties["datetime"])
    except (KeyError, TypeError, AttributeError, ValueError):
        return False
    return True


def _find_own_address(links: list[dict[str, Any]]) -> str | None:
    return next((str(one["href"]) for one in links if one["rel"] == "self"), None)
