"""Writes a unit's files, then its item; whatever happens, readers see all of it or nothing."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from smmap.archive.ledger import read_committed
from smmap.pipeline.lineage import describe_lineage, find_incidence
from smmap.pipeline.run_state import RunState
from smmap.pipeline.staged import StagedUnit
from smmap.pipeline.statistics import compute_statistics
from smmap.pipeline.task_scenes import TaskScenes
from smmap.product.document import encode_document
from smmap.product.item import ItemFacts, StoredFile, compute_item
from smmap.product.layout import LAYOUT
from smmap.product.names import compute_file_stem, compute_model_id
from smmap.sinks.registry import find_sinks
from smmap.sinks.sink import Finished
from smmap.spec.errors import StoreError
from smmap.spec.unit import Receipt, Unit
from smmap.stack.radar import compute_resolution
from smmap.store.atomic import publish_folder, write_atomic
from smmap.store.checksum import compute_sha256
from smmap.store.swap import read_document, swap_document

logger = logging.getLogger(__name__)


def commit_unit(unit: Unit, staged: StagedUnit, scenes: TaskScenes, run: RunState) -> Receipt:
    """Write a unit's files under their final names, its item last.

    Raises
    ------
    StoreError
        If the output cannot be written; the item is then what it was.
    """
    started = time.monotonic()
    figures = compute_statistics(staged)
    status = "done" if figures["valid"] else "empty"
    files = _write_files(unit, staged, run) if status == "done" else {}
    statistics = {
        "minimum": figures.get("sm_valid_min"),
        "maximum": figures.get("sm_valid_max"),
        "mean": figures.get("sm_valid_mean"),
        "stddev": figures.get("sm_valid_std"),
        "valid_percent": figures["valid_percent"],
    }
    first = scenes.get_passes(unit)[-1][0]
    looks, resolution = compute_resolution(
        run.context.radar_grid, first.definition, run.recipe.radar
    )
    placement = run.model.placement
    facts = ItemFacts(
        area=staged.area,
        gsd=run.context.grid.resolution_m,
        status="done" if status == "done" else "empty",
        created=datetime.now(UTC),
        model=compute_model_id(run.card),
        files=files,
        lineage=describe_lineage(first, run),
        statistics={key: value for key, value in statistics.items() if value is not None},
        effective_looks=round(looks, 1),
        effective_resolution_m=round(resolution, 1),
        incidence_deg=find_incidence(first, staged.area, run),
        provider={"asked": placement.asked, "got": placement.got, "engine": placement.engine},
        skipped=scenes.get_skipped(unit),
    )
    _put_item(unit, encode_document(compute_item(unit, facts)), run)
    (run.root / LAYOUT.failed(unit.id)).unlink(missing_ok=True)
    shutil.rmtree(staged.folder, ignore_errors=True)
    figures["seconds_writing"] = time.monotonic() - started
    logger.info("%s: %s, %.0f %% valid", unit.id, status, figures["valid_percent"])
    return Receipt(
        unit=unit.id,
        status="done" if status == "done" else "empty",
        fingerprint=unit.fingerprint,
        item=LAYOUT.item(unit),
        reason="" if status == "done" else describe_emptiness(figures),
        skipped=facts.skipped,
        overpass=unit.overpass,
        statistics=figures,
    )


def describe_emptiness(figures: Mapping[str, float]) -> str:
    """Why no pixel of a unit has a value, as far as its flags tell."""
    if not figures["seen"]:
        return "the radar saw nothing of the area"
    shares = {
        name.removeprefix("share_"): share
        for name, share in figures.items()
        if name.startswith("share_") and share > 0
    }
    told = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return f"no pixel has all inputs within bounds ({told or 'no flag set'})"


def record_failure(unit: Unit, scenes: TaskScenes, run: RunState) -> Receipt:
    """Leave a note of why the unit could not be mapped; no item is written."""
    reason = scenes.get_failure(unit) or "unknown"
    logger.error("%s: failed: %s", unit.id, reason)
    note = {"unit": unit.id, "fingerprint": unit.fingerprint, "reason": reason}
    write_atomic(run.root / LAYOUT.failed(unit.id), json.dumps(note, indent=1).encode())
    return Receipt(
        unit=unit.id,
        status="failed",
        fingerprint=unit.fingerprint,
        reason=reason,
        skipped=scenes.get_skipped(unit),
        overpass=unit.overpass,
    )


def _write_files(unit: Unit, staged: StagedUnit, run: RunState) -> dict[str, StoredFile]:
    """Run all sinks in staging and rename their folder into place; files by asset name."""
    folder = staged.folder / "files"
    finished = Finished(
        stem=compute_file_stem(unit.tile.id, unit.overpass, run.context.grid.resolution_label),
        overpass=unit.overpass,
        area=staged.area,
        packed={layer: staged.get(layer) for layer in run.layers},
        depth_m=run.card.output.depth,
        tags={"SMMAP_UNIT": unit.id, "SMMAP_FINGERPRINT": unit.fingerprint},
    )
    written: dict[str, Path] = {}
    folder.mkdir()
    for sink in find_sinks(run.recipe.outputs):
        written |= sink(folder, finished)
    target = LAYOUT.pixels(unit)
    stored = {
        name: StoredFile(
            f"{target}/{path.relative_to(folder).as_posix()}",
            compute_sha256(path) if path.is_file() else None,
            path.stat().st_size if path.is_file() else None,
        )
        for name, path in written.items()
    }
    publish_folder(folder, run.root / target)
    return stored


def _put_item(unit: Unit, data: bytes, run: RunState) -> None:
    """Create the item, or replace an older one; a rival's equal item is as good as ours."""
    path = run.root / LAYOUT.item(unit)
    lock = run.root / LAYOUT.locks / f"{unit.id}.lock"
    for _ in range(10):
        current = read_document(path)
        if current is not None:
            there = read_committed(run.root, LAYOUT.item(unit))
            if there is not None and there.fingerprint == unit.fingerprint:
                return
        if swap_document(path, current, data, lock=lock):
            return
    raise StoreError(f"{path}: another run keeps changing this item; run one at a time")
