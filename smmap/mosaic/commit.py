"""Puts a day's documents before its pictures are made, and its item last of all."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from smmap.archive.daily_ledger import read_day
from smmap.archive.generation import load_depths
from smmap.archive.item import CommittedItem
from smmap.archive.put import put_item
from smmap.mosaic.link import compute_link
from smmap.mosaic.plan import DayPlan, MosaicPlan
from smmap.mosaic.shard_record import read_records, remove_records
from smmap.product.daily_item import DayFacts, compute_day_item
from smmap.product.daily_layers import DAILY_LAYERS
from smmap.product.daily_layout import SLICE
from smmap.product.daily_store import compute_daily_files
from smmap.product.document import encode_document
from smmap.product.encoding import ROOT_DOCUMENT
from smmap.product.layers import SM
from smmap.product.layout import LAYOUT
from smmap.product.stored_file import StoredFile
from smmap.spec.errors import ArchiveError, TransientError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DayReceipt:
    """What a finished day left behind."""

    unit: str
    """Its id."""
    status: Literal["done", "empty", "failed"]
    """``empty``: no cell has a value; ``failed``: no item was written."""
    item: str | None
    """Path of its item, relative to the output."""
    maps: int
    """Overpass maps that it was made from."""
    cells: int
    """Cells with a value."""
    reason: str = ""
    """Why it failed."""


def put_documents(day: DayPlan, plan: MosaicPlan, staging: Path) -> None:
    """Make a day's shards a Zarr group, which the cube and the pictures are made from.

    Raises
    ------
    ArchiveError
        If its maps are of several soil depths.
    """
    unit = day.unit
    title = {"title": f"Soil moisture of {unit.day}", **unit.tags}
    documents = compute_daily_files(
        DAILY_LAYERS, unit.canvas.geobox, [unit.day], _load_depth(day), title, with_axes=False
    )
    for name, data in sorted(documents.items(), key=lambda one: one[0] == ROOT_DOCUMENT):
        plan.out.put(f"{day.target}/{SLICE}/{name}", data, staging)


def commit_day(
    day: DayPlan,
    plan: MosaicPlan,
    counts: Counter[int],
    pictures: Mapping[str, StoredFile],
    staging: Path,
) -> DayReceipt:
    """Put the item of a day whose files are all there.

    Parameters
    ----------
    counts
        How often each stored value of ``sm`` occurs.
    pictures
        By asset name; none of a day without a value.

    Raises
    ------
    StoreError
        If the output cannot be written.
    TransientError
        If the store does not answer, or another run has merged more of the day meanwhile.
    """
    unit = day.unit
    status: Literal["done", "empty"] = "done" if counts else "empty"
    files = {"slice": StoredFile(f"{day.target}/{SLICE}"), **pictures} if counts else {}
    facts = DayFacts(
        gsd=plan.grid.resolution_m,
        status=status,
        created=datetime.now(UTC),
        fingerprint=day.files_fingerprint,
        lineage=_describe_lineage(plan),
        sources=[
            (one.committed.id, compute_link(plan.root, one.committed.path, plan.out, unit.item))
            for one in day.maps
        ],
        files=files,
        statistics=_compute_statistics(counts, unit.area.height * unit.area.width),
        attribution=_collect_attribution(day),
    )
    item = encode_document(compute_day_item(unit, facts))
    _check_shards(day, plan)
    put_item(plan.out, unit.item, item, staging, check=lambda there: _check_rival(there, day))
    remove_records(plan.out, day.target)
    plan.out.delete(LAYOUT.failed(unit.id))
    logger.info("%s: %s from %d maps", unit.id, status, len(day.maps))
    return DayReceipt(unit.id, status, unit.item, len(day.maps), sum(counts.values()))


def _load_depth(day: DayPlan) -> tuple[float, float] | None:
    """The soil layer of the maps, which must be the same in all that say."""
    slices = [path for one in day.maps if (path := one.committed.slice) is not None]
    depths = load_depths(day.maps[0].store, slices)
    if len(depths) > 1:
        raise ArchiveError(
            f"{day.unit.id}: maps of several soil depths {sorted(depths)} cannot be merged; map "
            "the day again with one model"
        )
    return next(iter(depths), None)


def _compute_statistics(counts: Counter[int], cells: int) -> dict[str, float]:
    total = sum(counts.values())
    if not total:
        return {}
    step = SM.scale_factor or 1.0
    mean = sum(value * count for value, count in sorted(counts.items())) / total
    squares = sum((value - mean) ** 2 * count for value, count in sorted(counts.items())) / total
    return {
        "minimum": min(counts) * step,
        "maximum": max(counts) * step,
        "mean": mean * step,
        "stddev": math.sqrt(squares) * step,
        "valid_percent": 100.0 * total / cells,
    }


def _describe_lineage(plan: MosaicPlan) -> str:
    asked = plan.asked
    return (
        f"Overpass maps on {plan.source} averaged onto {plan.grid.name} where they are finer; "
        f"{asked.rule} of the UTC day's overpasses, reference {asked.at} local mean solar time"
    )


def _collect_attribution(day: DayPlan) -> list[str]:
    said = (one.committed.document["properties"].get("smmap:attribution", ()) for one in day.maps)
    return sorted({text for texts in said for text in texts})


def _check_shards(day: DayPlan, plan: MosaicPlan) -> None:
    """Whether the shards are still there: ``smmap gc`` may take those of a run that was killed."""
    lost = {f"{one.row}_{one.col}" for one in day.list_shards()}
    lost -= read_records(plan.out, day.target).keys()
    if lost and not _is_committed(day, plan):
        raise TransientError(
            f"{day.unit.id}: {len(lost)} of its shards were removed meanwhile; rerun"
        )


def _is_committed(day: DayPlan, plan: MosaicPlan) -> bool:
    """Whether another run has put the very item, and removed the records."""
    there = read_day(plan.out, day.unit.item)
    return there is not None and there.fingerprint == day.files_fingerprint


def _check_rival(there: CommittedItem, day: DayPlan) -> None:
    """A day is replaced only by who knew it as it is: nothing of what others merged is lost."""
    if there.fingerprint != day.replaces:
        raise TransientError(
            f"{day.unit.id}: another run has merged more of this day meanwhile; rerun, to have both"
        )
