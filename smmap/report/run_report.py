"""The report of an output: every overpass in a table, every map on a sheet."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from importlib.resources import files
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.archive.ledger import Committed, list_committed, list_tiles
from smmap.product.layout import LAYOUT
from smmap.report.contact_sheet import MAX_MAPS, SheetMap, draw_contact_sheet
from smmap.report.maps import find_frame, load_thinned_map
from smmap.spec.unit import Receipt
from smmap.store.atomic import write_atomic
from smmap.store.lock import hold_lock
from smmap.version import __version__

Record = dict[str, Any]


def write_run_report(
    root: Path,
    receipts: Iterable[Receipt],
    *,
    title: str,
    empty_tiles: Iterable[str] = (),
    left_out: Iterable[str] = (),
    sections: Iterable[str] = (),
) -> Path:
    """Bring ``report/`` up to the receipts of a run and to what lies in the output.

    Parameters
    ----------
    receipts
        Of this run; those of earlier runs are kept in ``report/run.json``. The contact sheet
        shows the maps of this run; if it made none, the latest ones of the output.
    title
        Of the page.
    empty_tiles
        Tiles of the area without an overpass in the period.
    left_out
        Items that the search found and could not use, each with the reason.
    sections
        Further HTML, shown after the maps.

    Returns
    -------
    Path
        The page.
    """
    receipts = list(receipts)
    with hold_lock(root / LAYOUT.locks / "report.lock"):
        records = merge_records(root, receipts)
        notes = {"empty_tiles": [*empty_tiles], "left_out": [*left_out]}
        document = {"smmap": __version__, **notes, "units": records}
        write_atomic(root / LAYOUT.run_record, json.dumps(document, indent=1).encode())
        sheet = _write_sheet(root, records, [receipt.unit for receipt in receipts])
        page = _render(
            title=title,
            rows=sorted(records.values(), key=lambda one: (one["datetime"], one["unit"])),
            orbits=summarise_orbits(records.values()),
            **notes,
            sheet=sheet,
            sections=list(sections),
            version=__version__,
        )
        write_atomic(root / LAYOUT.report, page.encode())
    return root / LAYOUT.report


def merge_records(root: Path, receipts: Iterable[Receipt]) -> dict[str, Record]:
    """Records of all units by id: those on disk, renewed by this run's receipts."""
    path = root / LAYOUT.run_record
    known: dict[str, Record] = {}
    if path.is_file():
        known = dict(json.loads(path.read_bytes())["units"])
    return known | {receipt.unit: describe_receipt(receipt) for receipt in receipts}


def describe_receipt(receipt: Receipt) -> Record:
    """A receipt as plain data."""
    overpass = receipt.overpass
    return {
        "unit": receipt.unit,
        "status": receipt.status,
        "fingerprint": receipt.fingerprint,
        "item": receipt.item,
        "reason": receipt.reason,
        "skipped": list(receipt.skipped),
        "statistics": dict(receipt.statistics),
        "datetime": overpass.datetime.astimezone(UTC).isoformat() if overpass else "",
        "platform": overpass.platform if overpass else "unknown",
        "relative_orbit": overpass.relative_orbit if overpass else None,
        "orbit_state": overpass.orbit_state if overpass else None,
    }


def summarise_orbits(records: Iterable[Mapping[str, Any]]) -> list[Record]:
    """Medians over the overpasses of each relative orbit, by orbit."""
    groups: dict[tuple[int, str], list[Mapping[str, Any]]] = defaultdict(list)
    for one in records:
        if one["status"] == "done":
            key = (one["relative_orbit"] or 0, one["orbit_state"] or "unknown")
            groups[key].append(one["statistics"])
    return [
        {
            "relative_orbit": orbit or "unknown",
            "orbit_state": state,
            "overpasses": len(members),
            "vv_db": _median_of(members, "vv_db_valid_median"),
            "sm": _median_of(members, "sm_valid_median"),
            "dense": _median_of(members, "share_dense_vegetation"),
        }
        for (orbit, state), members in sorted(groups.items())
    ]


def _median_of(members: Iterable[Mapping[str, float]], name: str) -> float | None:
    values = [one[name] for one in members if name in one]
    return median(values) if values else None


def _write_sheet(root: Path, records: Mapping[str, Record], units: Sequence[str]) -> str | None:
    """The contact sheet; its name beside the page, or None where there is no map."""
    committed = [(tile, one) for tile in list_tiles(root) for one in list_committed(root, tile)]
    mapped = [pair for pair in committed if pair[1].status == "done"]
    of_run = [pair for pair in mapped if pair[1].id in set(units)]
    latest = sorted(of_run or mapped, key=lambda pair: pair[1].overpass.datetime)[-MAX_MAPS:]
    frames = {
        tile: find_frame(one for _, one in members)
        for tile, members in groupby(sorted(latest, key=itemgetter(0)), key=itemgetter(0))
    }
    loaded = [(tile, one, load_thinned_map(root, one, frames[tile])) for tile, one in latest]
    maps = [
        _describe_map(one, sm, records.get(one.id), tile)
        for tile, one, sm in loaded
        if sm is not None
    ]
    if not maps:
        return None
    path = root / LAYOUT.contact_sheet
    write_atomic(path, draw_contact_sheet(maps))
    return path.name


def _describe_map(
    item: Committed, sm: NDArray[np.float32], record: Record | None, tile: str
) -> SheetMap:
    overpass = item.overpass
    letter = {"ascending": "↑", "descending": "↓"}.get(overpass.orbit_state or "", "")
    note = f"tile {tile}"
    if record is not None and "sm_valid_median" in record["statistics"]:
        figures = record["statistics"]
        note = f"median {figures['sm_valid_median']:.2f}, {figures['valid_percent']:.0f} % valid"
    return SheetMap(
        title=f"{overpass.datetime:%Y-%m-%d %H:%M}  orbit {overpass.relative_orbit or '?'}{letter}",
        moment=overpass.datetime,
        sm=sm,
        note=note,
    )


def _render(**content: Any) -> str:
    """Fill the page's template."""
    from jinja2 import Environment

    template = files("smmap.report").joinpath("run_report.html").read_text(encoding="utf-8")
    return Environment(autoescape=True).from_string(template).render(**content)
