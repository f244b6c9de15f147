"""How the units of a plan stand beside what an output holds: new, changed and why, or done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import pystac

from smmap.archive.ledger import Committed, read_committed
from smmap.pipeline.commit import list_files
from smmap.pipeline.plan import Plan
from smmap.product.layout import LAYOUT
from smmap.spec.recipe import Outputs
from smmap.spec.unit import Unit
from smmap.store.open import open_output_store

State = Literal["new", "changed", "done", "impossible"]

_ASSETS = {"cog": "sm", "cube": "slice", "quicklook": "thumbnail"}
"""Kind of file -> the asset by which an item shows that it has it."""
_PARTS = {
    "overpass": "radar scenes",
    "sentinel1": "earlier overpasses",
    "history": "history of overpasses",
    "sentinel2": "optical scenes",
    "landsat": "Landsat scenes",
    "dem": "elevation",
    "era5_land": "ERA5-Land",
    "modis_lai": "leaf area index",
    "modis_vegetation": "vegetation index",
    "smap": "SMAP",
    "gldas": "GLDAS",
    "soil": "soil texture",
    "land_cover": "land cover",
    "model": "model",
    "recipe": "recipe",
    "sources": "catalogue definitions",
    "tile": "tile",
    "product": "product version",
}
"""Part of a fingerprint -> what a person calls it."""


@dataclass(frozen=True)
class Standing:
    """What is to be done about a unit."""

    unit: Unit
    """As planned."""
    state: State
    """``impossible``: it would be mapped, but no value can come of it."""
    reasons: tuple[str, ...] = ()
    """What has changed, or why it is impossible."""


def judge_plan(plan: Plan, out: str | Path | None) -> Iterator[Standing]:
    """Compare every unit with the item that an output holds of it; None: nothing is there."""
    outputs = plan.context.recipe.outputs
    store = None if out is None else open_output_store(out)
    for unit in plan.units:
        there = None if store is None else read_committed(store, LAYOUT.item(unit))
        reasons = [] if there is None else list_changes(unit, there, outputs)
        if there is not None and not reasons:
            yield Standing(unit, "done")
        elif unit.id in plan.obstacles:
            yield Standing(unit, "impossible", (plan.obstacles[unit.id],))
        else:
            yield Standing(unit, "changed" if there else "new", tuple(reasons))


def list_changes(unit: Unit, there: Committed, outputs: Outputs) -> list[str]:
    """Why a committed unit is to be mapped again; nothing if it is up to date.

    It is not, if it was made from something else, covers less, lacks a kind of file that is
    wanted, or was made without a scene that could not be used.
    """
    found = []
    if there.inputs != unit.fingerprint:
        found += _list_parts(unit, there)
    covered = there.get_area(unit.tile)
    if covered.hull(unit.area) != covered:
        found.append("larger area")
    assets = there.document["assets"]
    missing = [name for name in list_files(outputs) if _ASSETS[name] not in assets]
    if there.status != "empty":
        found += [f"no {name} yet" for name in missing]
    if there.has_skipped:
        found.append("made without a scene that could not be used")
    return found


def _list_parts(unit: Unit, there: Committed) -> list[str]:
    before = there.document["properties"].get("smmap:parts")
    if before is None:
        return ["made from something else"]
    changed = [key for key in _PARTS if before.get(key) != unit.parts.get(key)]
    known = {link.get("title") for link in there.document["links"]}
    return [_tell(key, unit, known) for key in changed] or ["made from something else"]


def _tell(key: str, unit: Unit, known: set[Any]) -> str:
    """The part's name, with how many of its scenes the item does not know."""
    fresh = len({item.id for item in _list_items(key, unit)} - known)
    return f"{_PARTS[key]} ({fresh} new)" if fresh else _PARTS[key]


def _list_items(key: str, unit: Unit) -> Iterator[pystac.Item]:
    if key == "overpass":
        yield from unit.overpass.items
    elif key == "history":
        for one in unit.history:
            yield from chain(one.overpass.items, *one.inputs.values())
    else:
        yield from unit.inputs.get(key, ())


def summarise_standings(standings: Iterable[Standing]) -> dict[str, Any]:
    """Number of units by state, and by each reason."""
    counts = dict.fromkeys(("new", "changed", "done", "impossible"), 0)
    reasons: dict[str, Counter[str]] = {"changed": Counter(), "impossible": Counter()}
    for one in standings:
        counts[one.state] += 1
        if one.state in reasons:
            reasons[one.state].update(one.reasons)
    return {**counts, "why": {state: dict(found) for state, found in reasons.items() if found}}
