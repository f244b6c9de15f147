"""Gives a task up: its units fail, except those that were committed before it broke off."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable

from smmap.archive.ledger import read_committed
from smmap.pipeline.run_state import RunState
from smmap.pipeline.unfinished import find_unfinished
from smmap.product.layout import LAYOUT
from smmap.spec.unit import Receipt, Task, Unit

logger = logging.getLogger(__name__)


def fail_task(task: Task, reason: str, state: RunState) -> list[Receipt]:
    """Leave a note for each unit without a committed item; receipts of all units.

    Under ``force`` an item of this run cannot be told from an older one, and all units fail.
    """
    logger.error("%s: given up: %s", task.id, reason)
    return [
        _fail_unit(unit, reason, state)
        if state.force or find_unfinished(unit, state) is not None
        else find_receipt(unit, state)
        for unit in task.units
    ]


def _fail_unit(unit: Unit, reason: str, state: RunState) -> Receipt:
    note = {"unit": unit.id, "fingerprint": unit.fingerprint, "reason": reason}
    state.store.put(LAYOUT.failed(unit.id), json.dumps(note, indent=1).encode(), state.staging)
    return Receipt(
        unit=unit.id,
        status="failed",
        fingerprint=unit.fingerprint,
        reason=reason,
        overpass=unit.overpass,
    )


def find_receipt(unit: Unit, state: RunState) -> Receipt:
    """Of a unit that was committed by somebody else: a rival, or who did not live to tell."""
    path = LAYOUT.item(unit)
    there = read_committed(state.store, path)
    return Receipt(
        unit=unit.id,
        status="empty" if there is not None and there.status == "empty" else "done",
        fingerprint=there.fingerprint if there is not None else unit.fingerprint,
        item=path,
        overpass=unit.overpass,
    )


def clear_notes(units: Iterable[Unit], state: RunState) -> None:
    """Remove the notes of units that are committed after all.

    Whoever commits a unit removes its note; one that is killed in between does not, and a slower
    rival may leave a note after that.
    """
    paths = {LAYOUT.failed(unit.id) for unit in units}
    for path in paths.intersection(state.store.list_files(LAYOUT.failures)):
        state.store.delete(path)
