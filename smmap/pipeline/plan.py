"""From a recipe to tasks: which tiles, which overpasses, which inputs, which fingerprints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import pystac
import shapely
from shapely.geometry.base import BaseGeometry

from smmap.catalog.facts import read_number
from smmap.catalog.footprint import compute_footprint, compute_time
from smmap.catalog.overpass import group_overpasses
from smmap.grid.area import clip_to_area
from smmap.pipeline.context import Context, open_context
from smmap.pipeline.fingerprint import compute_unit_fingerprint
from smmap.pipeline.search import Found, search_scenes
from smmap.product.footprint import compute_footprint as compute_outline
from smmap.product.names import compute_item_id
from smmap.spec.errors import EmptySearchError
from smmap.spec.overpass import Overpass
from smmap.spec.recipe import Recipe
from smmap.spec.tile import Block, Tile
from smmap.spec.unit import Task, Unit

HISTORY = "sentinel1"
"""Input key of earlier overpasses of the same orbit, for the multi-temporal filter."""


@dataclass(frozen=True)
class Plan:
    """All that a run will do, before any pixel is read."""

    context: Context
    """The recipe with everything it names."""
    found: Found
    """What the catalogues gave."""
    tasks: tuple[Task, ...]
    """By tile id, then time."""

    @property
    def units(self) -> tuple[Unit, ...]:
        """Of all tasks."""
        return tuple(unit for task in self.tasks for unit in task.units)

    @property
    def empty_tiles(self) -> tuple[str, ...]:
        """Keys of tiles in the area without an overpass in the period."""
        busy = {task.tile.key for task in self.tasks}
        return tuple(tile.key for tile in self.found.tiles if tile.key not in busy)


def plan_run(recipe: Recipe) -> Plan:
    """Search the catalogues and cut the work into tasks; no pixel is read.

    Raises
    ------
    EmptySearchError
        If there is nothing to map, with the source that was empty and where it looked.
    """
    context = open_context(recipe)
    found = search_scenes(context)
    tasks = [task for tile in found.tiles for task in _plan_tile(tile, found, context)]
    if not tasks:
        raise EmptySearchError(
            f"scenes were found, but none of them lies in the area within {found.period}; "
            "check the recipe's area and period"
        )
    return Plan(context, found, tuple(tasks))


def _plan_tile(tile: Tile, found: Found, context: Context) -> list[Task]:
    """Tasks of a tile: its units by time, so many a task."""
    outline = shapely.geometry.shape(compute_outline(Block.whole(tile.geobox))[0])
    near = {key: _touching(items, outline) for key, items in found.items.items()}
    overpasses = group_overpasses(near["sentinel1"])
    units = []
    for one in overpasses:
        if one.datetime in found.period:
            area = clip_to_area(tile, _find_ground(one) if found.area is None else found.area)
            inputs = _choose_inputs(one, overpasses, near, context)
            if area is not None:
                units.append(_plan_unit(tile, area, one, inputs, context))
    size = context.recipe.batch
    return [
        Task(f"{tile.id}-{start // size}", tile, tuple(units[start : start + size]))
        for start in range(0, len(units), size)
    ]


def _find_ground(overpass: Overpass) -> BaseGeometry:
    return shapely.union_all([compute_footprint(item) for item in overpass.items])


def _touching(items: Iterable[pystac.Item], outline: BaseGeometry) -> list[pystac.Item]:
    return [item for item in items if compute_footprint(item).intersection(outline).area > 0]


def _choose_inputs(
    overpass: Overpass,
    overpasses: Iterable[Overpass],
    near: Mapping[str, list[pystac.Item]],
    context: Context,
) -> dict[str, tuple[pystac.Item, ...]]:
    """Candidate scenes of the other sources, by source key."""
    optical, radar = context.recipe.optical, context.recipe.radar
    window = timedelta(days=optical.window_days)
    inputs: dict[str, tuple[pystac.Item, ...]] = {}
    if "sentinel2" in near:
        inputs["sentinel2"] = tuple(
            item
            for item in near["sentinel2"]
            if abs(compute_time(item)[1] - overpass.datetime) <= window
            and (read_number(item, "eo:cloud_cover") or 0.0) <= optical.max_cloud_cover
        )
    if "dem" in near:
        inputs["dem"] = tuple(sorted(near["dem"], key=lambda item: item.id))
    if radar.despeckle.method == "quegan":
        reach = timedelta(days=radar.despeckle.days)
        inputs[HISTORY] = tuple(
            item
            for one in overpasses
            if one.relative_orbit == overpass.relative_orbit
            and timedelta(0) < overpass.datetime - one.datetime <= reach
            for item in one.items
        )
    return inputs


def _plan_unit(
    tile: Tile,
    area: Block,
    overpass: Overpass,
    inputs: Mapping[str, tuple[pystac.Item, ...]],
    context: Context,
) -> Unit:
    fingerprint = compute_unit_fingerprint(tile, overpass, inputs, context)
    name = compute_item_id(tile.id, overpass, context.grid.resolution_label)
    return Unit(name, tile, overpass, inputs, fingerprint, area)
