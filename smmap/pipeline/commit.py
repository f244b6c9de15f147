"""Publishes a unit's files, then its item: readers see all of it or nothing, whatever happens."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from smmap.archive.item import CommittedItem
from smmap.archive.put import publish_files, put_item
from smmap.pipeline.draft import Draft
from smmap.pipeline.fingerprint import compute_files_fingerprint
from smmap.pipeline.lineage import describe_making
from smmap.pipeline.run_state import RunState
from smmap.pipeline.task_scenes import TaskScenes
from smmap.product.document import encode_document
from smmap.product.item import ItemFacts, compute_item
from smmap.product.layout import LAYOUT
from smmap.product.names import compute_model_id
from smmap.spec.errors import TransientError
from smmap.spec.recipe import Outputs
from smmap.spec.unit import Receipt, Unit

logger = logging.getLogger(__name__)


def commit_unit(unit: Unit, draft: Draft, scenes: TaskScenes, run: RunState) -> Receipt:
    """Put a unit's files, all of which are written, under their final names, its item last.

    Raises
    ------
    StoreError
        If the output cannot be written; the item is then what it was.
    TransientError
        If the store does not answer, or another run has mapped more of the overpass meanwhile.
    """
    figures = draft.figures
    status: Literal["done", "empty"] = "done" if figures["valid"] else "empty"
    wanted = list_files(run.recipe.outputs)
    left_out = scenes.get_left_out(unit)
    fingerprint = compute_files_fingerprint(unit, wanted, left_out, draft.content)
    folder = LAYOUT.pixels(unit, fingerprint)
    written = draft.list_files()
    facts = ItemFacts(
        gsd=run.context.grid.resolution_m,
        status=status,
        created=datetime.now(UTC),
        model=compute_model_id(run.card),
        fingerprint=fingerprint,
        files=publish_files(run.store, draft.folder, folder, written) if written else {},
        statistics=_select_statistics(figures),
        incidence_deg=draft.incidence_deg,
        skipped=scenes.get_skipped(unit),
        **describe_making(scenes.get_passes(unit), run),
    )
    item = encode_document(compute_item(unit, facts))
    check = None if run.force else partial(_check_area, unit)
    put_item(run.store, LAYOUT.item(unit), item, run.staging, check=check)
    run.store.delete(LAYOUT.failed(unit.id))
    figures["seconds_writing"] = time.monotonic() - draft.started
    logger.info("%s: %s, %.0f %% valid", unit.id, status, figures["valid_percent"])
    return Receipt(
        unit=unit.id,
        status=status,
        fingerprint=fingerprint,
        item=LAYOUT.item(unit),
        reason="" if status == "done" else describe_emptiness(figures),
        skipped=facts.skipped,
        overpass=unit.overpass,
        statistics=figures,
    )


def _check_area(unit: Unit, there: CommittedItem) -> None:
    """Maps never shrink: done again, the unit covers what another run has committed meanwhile."""
    if unit.area.hull(there.get_area(unit.tile)) != unit.area:
        raise TransientError(
            f"{unit.id}: another run has mapped more of it meanwhile; rerun, to have both"
        )


def list_files(outputs: Outputs) -> list[str]:
    """Kinds of files that a recipe asks for."""
    return sorted(name for name, wanted in outputs.model_dump().items() if wanted)


def _select_statistics(figures: Mapping[str, float]) -> dict[str, float]:
    """Those that STAC has a name for."""
    names = {
        "minimum": "sm_valid_min",
        "maximum": "sm_valid_max",
        "mean": "sm_valid_mean",
        "stddev": "sm_valid_std",
        "valid_percent": "valid_percent",
    }
    return {name: figures[key] for name, key in names.items() if key in figures}


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
    """Leave a note of why a unit cannot be mapped, at all or for a fault of the moment; no item."""
    reason = scenes.get_failure(unit) or "unknown"
    logger.error("%s: failed: %s", unit.id, reason)
    note = {"unit": unit.id, "fingerprint": unit.fingerprint, "reason": reason}
    run.store.put(LAYOUT.failed(unit.id), json.dumps(note, indent=1).encode(), run.staging)
    return Receipt(
        unit=unit.id,
        status="failed",
        fingerprint=unit.fingerprint,
        reason=reason,
        skipped=scenes.get_skipped(unit),
        passing=scenes.has_passing_fault(unit),
        overpass=unit.overpass,
    )
