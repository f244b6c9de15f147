"""The report of an output: every overpass in a table, every map on a sheet."""

from __future__ import annotations

import json
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC
from pathlib import Path
from statistics import median
from typing import Any

from smmap.product.layout import LAYOUT
from smmap.report.page import render_page
from smmap.report.sheet import Record, draw_sheet
from smmap.spec.errors import StoreError
from smmap.spec.unit import Receipt
from smmap.store.output import OutputStore, join_address
from smmap.version import __version__

_TRIES = 20


def write_run_report(
    store: OutputStore,
    receipts: Iterable[Receipt],
    *,
    staging: Path,
    title: str,
    empty_tiles: Iterable[str] = (),
    left_out: Iterable[str] = (),
    sections: Iterable[str] = (),
) -> str:
    """Bring ``report/`` up to the receipts of a run and to what lies in the output.

    Parameters
    ----------
    receipts
        Of this run; those of earlier runs are kept in ``report/run.json``. The contact sheet
        shows the pictures of this run; if it made none, the latest ones of the output.
    staging
        The run's own folder.
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
    str
        Path of the page within the output.
    """
    receipts = list(receipts)
    notes = {"empty_tiles": [*empty_tiles], "left_out": [*left_out]}
    records = _merge_records(store, receipts, notes, staging)
    sheet = draw_sheet(store, records, [receipt.unit for receipt in receipts])
    if sheet is not None:
        store.put(LAYOUT.contact_sheet, sheet, staging)
    page = render_page(
        "run_report.html",
        title=title,
        rows=sorted(records.values(), key=lambda one: (one["datetime"], one["unit"])),
        orbits=summarise_orbits(records.values()),
        **notes,
        sheet=sheet and posixpath.basename(LAYOUT.contact_sheet),
        sections=list(sections),
    )
    store.put(LAYOUT.report, page.encode(), staging)
    return LAYOUT.report


def _merge_records(
    store: OutputStore, receipts: Iterable[Receipt], notes: Mapping[str, Any], staging: Path
) -> dict[str, Record]:
    """Records of all units by id: those on disk, renewed by this run's receipts."""
    renewed = {receipt.unit: describe_receipt(receipt) for receipt in receipts}
    for _ in range(_TRIES):
        current = store.read(LAYOUT.run_record)
        known = dict(json.loads(current)["units"]) if current else {}
        records: dict[str, Record] = known | {
            unit: record for unit, record in renewed.items() if not _is_poorer(record, known)
        }
        document = {"smmap": __version__, **notes, "units": records}
        if store.swap(LAYOUT.run_record, current, json.dumps(document, indent=1).encode(), staging):
            return records
    where = join_address(store.address, LAYOUT.run_record)
    raise StoreError(f"{where}: other runs keep changing this file; rerun later")


def _is_poorer(record: Record, known: Mapping[str, Record]) -> bool:
    """Whether somebody else mapped the unit, and has told its figures."""
    there = known.get(record["unit"], {})
    same = there.get("fingerprint") == record["fingerprint"]
    return same and not record["statistics"] and bool(there["statistics"])


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
