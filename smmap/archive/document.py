"""Catalogues and collections as they lie in an output."""

from __future__ import annotations

import json
from typing import Any

from smmap.product.daily_layout import DAILY
from smmap.product.layout import LAYOUT
from smmap.spec.errors import ArchiveError
from smmap.store.output import OutputStore, join_address


def read_document(store: OutputStore, path: str) -> dict[str, Any] | None:
    """A JSON object; None if nothing is there.

    Raises
    ------
    ArchiveError
        If something else is there.
    """
    return parse_document(store, path, store.read(path))


def parse_document(store: OutputStore, path: str, data: bytes | None) -> dict[str, Any] | None:
    """What was read from ``path``; as of `read_document`."""
    if data is None:
        return None
    try:
        document = json.loads(data)
    except ValueError:
        document = None
    if isinstance(document, dict):
        return document
    where = join_address(store.address, path)
    raise ArchiveError(f"{where} is not an output's: no JSON object; move it away and run again")


def require_output(store: OutputStore) -> None:
    """Refuse a place that holds no output, not even one that a killed run began.

    Raises
    ------
    ArchiveError
        If there is neither a catalogue nor a level.
    """
    levels = {LAYOUT.product, DAILY}
    if store.read(LAYOUT.catalog) is None and not levels & set(store.list_folders("")):
        raise ArchiveError(
            f"{store.address} is not an output of smmap: no {LAYOUT.catalog}; check the address"
        )
