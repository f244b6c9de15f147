"""Which pictures of an output go onto its contact sheet, and where on a common frame."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from itertools import groupby
from operator import itemgetter
from typing import Any

from smmap.archive.ledger import Committed, list_committed, list_tiles
from smmap.report.contact_sheet import MAX_MAPS, Box, SheetMap, draw_contact_sheet
from smmap.store.output import OutputStore

Record = dict[str, Any]
"""A receipt as plain data."""


def draw_sheet(
    store: OutputStore, records: Mapping[str, Record], units: Sequence[str]
) -> bytes | None:
    """The contact sheet of this run's units, else of the latest ones; None without a picture."""
    committed = [(tile, one) for tile in list_tiles(store) for one in list_committed(store, tile)]
    pictured = [pair for pair in committed if "thumbnail" in pair[1].document["assets"]]
    of_run = [pair for pair in pictured if pair[1].id in set(units)]
    latest = sorted(of_run or pictured, key=lambda pair: pair[1].overpass.datetime)[-MAX_MAPS:]
    if not latest:
        return None
    frames = {
        tile: find_frame(one for _, one in members)
        for tile, members in groupby(sorted(latest, key=itemgetter(0)), key=itemgetter(0))
    }
    pictures = store.read_many([_find_picture(one) for _, one in latest])
    return draw_contact_sheet(
        [
            _describe_map(one, picture, records.get(one.id), frames[tile])
            for (tile, one), picture in zip(latest, pictures, strict=True)
            if picture is not None
        ]
    )


def find_frame(items: Iterable[Committed]) -> Box:
    """The smallest frame that holds all items of one tile (at least one)."""
    edges = [find_edges(item) for item in items]
    lefts, bottoms, rights, tops = zip(*edges, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def find_edges(item: Committed) -> Box:
    """Left, bottom, right and top of an item's pixels in its tile's coordinates."""
    properties = item.document["properties"]
    step, _, left, _, down, top = properties["proj:transform"][:6]
    height, width = properties["proj:shape"]
    return left, top + height * down, left + width * step, top


def _find_picture(item: Committed) -> str:
    href = item.document["assets"]["thumbnail"]["href"]
    return posixpath.normpath(posixpath.join(posixpath.dirname(item.path), href))


def _describe_map(item: Committed, picture: bytes, record: Record | None, frame: Box) -> SheetMap:
    overpass = item.overpass
    letter = {"ascending": "↑", "descending": "↓"}.get(overpass.orbit_state or "", "")
    note = ""
    if record is not None and "sm_valid_median" in record["statistics"]:
        figures = record["statistics"]
        note = f"median {figures['sm_valid_median']:.2f}, {figures['valid_percent']:.0f} % valid"
    return SheetMap(
        title=f"{overpass.datetime:%Y-%m-%d %H:%M}  orbit {overpass.relative_orbit or '?'}{letter}",
        moment=overpass.datetime,
        picture=BytesIO(picture),
        edges=find_edges(item),
        frame=frame,
        note=note,
    )
