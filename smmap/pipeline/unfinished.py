"""What of a plan is still to be done: the ledger is asked, unit by unit."""

from __future__ import annotations

from dataclasses import replace

from smmap.archive.ledger import read_committed
from smmap.pipeline.run_state import RunState
from smmap.pipeline.standing import list_changes
from smmap.product.layout import LAYOUT
from smmap.spec.unit import Task, Unit


def keep_unfinished(task: Task, state: RunState) -> Task:
    """The task without the units that are committed and up to date."""
    units = (find_unfinished(unit, state) for unit in task.units)
    return replace(task, units=tuple(unit for unit in units if unit is not None))


def find_unfinished(unit: Unit, state: RunState) -> Unit | None:
    """None if the unit is committed and up to date, else the unit with what is to be mapped.

    It is not, if it was made from something else, covers less, lacks a kind of file that is
    wanted, or was made without a scene that could not be used. Maps never shrink: what is there
    of the tile is mapped again together with what is wanted.
    """
    there = read_committed(state.store, LAYOUT.item(unit))
    if there is None:
        return unit
    if not list_changes(unit, there, state.recipe.outputs):
        return None
    return replace(unit, area=there.get_area(unit.tile).hull(unit.area))
