"""Writes a day's files, then its item; whatever happens, readers see all of it or nothing."""

from __future__ import annotations

import logging
import math
import shutil
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import rasterio
from rasterio.enums import Resampling

from smmap.archive.item import CommittedItem
from smmap.archive.put import publish_files, put_item
from smmap.mosaic.cog import write_mosaic_cog
from smmap.mosaic.link import compute_link
from smmap.mosaic.plan import DayPlan, MosaicPlan
from smmap.mosaic.shard import write_shard
from smmap.product.daily_item import DayFacts, compute_day_item
from smmap.product.daily_layers import DAILY_LAYERS
from smmap.product.daily_layout import DayUnit
from smmap.product.daily_store import compute_daily_files
from smmap.product.document import encode_document
from smmap.product.layers import SM, SM_QUALITY
from smmap.product.stored_file import StoredFile
from smmap.sinks.qml import compute_quality_style, compute_sm_style
from smmap.sinks.quicklook import MAX_SIDE, write_quicklook
from smmap.spec.errors import ArchiveError, TransientError
from smmap.spec.unit import compute_fingerprint
from smmap.store.atomic import report_store_errors

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DayReceipt:
    """What a finished day left behind."""

    unit: str
    """Its id."""
    status: Literal["done", "empty"]
    """``empty``: no cell has a value."""
    item: str
    """Path of its item, relative to the output."""
    maps: int
    """Overpass maps that it was made from."""
    cells: int
    """Cells with a value."""


def commit_day(day: DayPlan, plan: MosaicPlan, staging: Path, *, threads: int) -> DayReceipt:
    """Make a day and write it under its final names, its item last.

    Raises
    ------
    ArchiveError
        If an overpass map cannot be read; the item is then what it was.
    StoreError
        If the output cannot be written.
    TransientError
        If the store does not answer, or another run has merged more of the day meanwhile.
    """
    unit = day.unit
    fingerprint = _compute_files_fingerprint(unit)
    staged = staging / f"{unit.id}-{fingerprint[:8]}"
    tags = {"SMMAP_UNIT": unit.id, "SMMAP_FINGERPRINT": unit.fingerprint}
    depth_m = _load_depth(day)
    documents = compute_daily_files(
        DAILY_LAYERS,
        unit.canvas.geobox,
        [unit.day],
        depth_m,
        {"title": f"Soil moisture of {unit.day}", **tags},
        with_axes=False,
    )
    store = staged / "slice.zarr"
    with report_store_errors(str(staged)):
        for name, data in documents.items():
            (store / name).parent.mkdir(parents=True, exist_ok=True)
            (store / name).write_bytes(data)
    counts = _write_shards(store, day, plan.reference_s, threads)
    status: Literal["done", "empty"] = "done" if counts else "empty"
    files: dict[str, StoredFile] = {}
    if counts:
        written = {"slice": store.name} | _write_pictures(staged, unit, tags)
        target = unit.get_pixels(fingerprint)
        files = publish_files(plan.out, staged, target, written)
    shutil.rmtree(staged, ignore_errors=True)
    facts = DayFacts(
        gsd=plan.grid.resolution_m,
        status=status,
        created=datetime.now(UTC),
        fingerprint=fingerprint,
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
    put_item(plan.out, unit.item, item, staging, check=lambda there: _check_area(there, unit))
    logger.info("%s: %s from %d maps", unit.id, status, len(day.maps))
    return DayReceipt(unit.id, status, unit.item, len(day.maps), sum(counts.values()))


def _compute_files_fingerprint(unit: DayUnit) -> str:
    area = unit.area
    window = [area.row, area.col, area.height, area.width]
    return compute_fingerprint({"unit": unit.fingerprint, "area": window})


def _write_shards(store: Path, day: DayPlan, reference_s: int, threads: int) -> Counter[int]:
    """All shards, several at once; how often each stored value of ``sm`` occurs."""
    counts: Counter[int] = Counter()
    with ThreadPoolExecutor(threads, "shard") as pool:
        waiting = [
            pool.submit(copy_context().run, write_shard, store, shard, day, reference_s)
            for shard in day.list_shards()
        ]
        try:
            for one in waiting:
                counts.update(one.result())
        finally:
            pool.shutdown(cancel_futures=True)
    return counts


def _write_pictures(folder: Path, unit: DayUnit, tags: Mapping[str, str]) -> dict[str, str]:
    """COGs, styles and a picture; names by asset."""
    written = {}
    for layer in DAILY_LAYERS:
        written[layer.name] = f"{unit.id}_{layer.name}.tif"
        cog = folder / written[layer.name]
        write_mosaic_cog(cog, folder / "slice.zarr", unit.area, layer, tags)
    styles = {
        "style": (SM, compute_sm_style()),
        "quality_style": (SM_QUALITY, compute_quality_style()),
    }
    for asset, (layer, style) in styles.items():
        written[asset] = f"{unit.id}_{layer.name}.qml"
        with report_store_errors(str(folder / written[asset])):
            (folder / written[asset]).write_text(style, encoding="utf-8")
    written["thumbnail"] = f"{unit.id}_thumbnail.png"
    with rasterio.open(folder / written["sm"]) as file:
        thin = max(1, math.ceil(max(file.shape) / MAX_SIDE))
        shape = (math.ceil(file.height / thin), math.ceil(file.width / thin))
        small = file.read(1, out_shape=shape, resampling=Resampling.average)
    write_quicklook(folder / written["thumbnail"], small)
    return written


def _load_depth(day: DayPlan) -> tuple[float, float] | None:
    """The soil layer of the maps, which must be the same in all that say."""
    depths = {depth for one in day.maps if (depth := one.load_depth()) is not None}
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
    mean = sum(value * count for value, count in counts.items()) / total
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


def _check_area(there: CommittedItem, unit: DayUnit) -> None:
    """Mosaics never shrink: what another run has committed since the plan must be in ours."""
    if unit.area.hull(there.get_area(unit.canvas)) != unit.area:
        raise TransientError(
            f"{unit.id}: another run has merged more of this day meanwhile; rerun, to have both"
        )
