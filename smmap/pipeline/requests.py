"""How often a plan asks Earth Engine for pixels, which is what it bounds and bills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
import pystac
import shapely
from shapely.geometry.base import BaseGeometry

from smmap.features.swath import compute_halo
from smmap.grid.reproject import project_area
from smmap.pipeline.context import Context
from smmap.pipeline.plan import Plan
from smmap.pipeline.scenes import resolve_scene
from smmap.spec.errors import SceneError
from smmap.spec.source import FIELDS
from smmap.spec.tile import Block
from smmap.spec.unit import Task
from smmap.stack.radar import is_filtered

_PLACES = 1 << 16
"""Footprints that are kept in the coordinates of a tile."""


def count_requests(plan: Plan) -> int:
    """Requests for pixels, each once: one a block, image and grid of its bands in use.

    A coarse source is asked once a task, image and grid; a day of an hourly archive once a band.
    What is tried again is not counted, nor are searches, nor the further pieces of blocks of more
    than 2048 pixels a side.
    """
    counter = _Counter(plan)
    return sum(counter.count(task) for task in plan.tasks)


class _Counter:
    """Of one plan, whose images of a collection are all alike."""

    def __init__(self, plan: Plan) -> None:
        self._context = plan.context
        self._keys = [
            key for key, one in plan.context.definitions.items() if one.kind == "earth-engine"
        ]
        self._footprints = {
            one.id: one.footprint for key in self._keys for one in plan.found.candidates[key]
        }
        self._halo = _compute_halo(plan.context)
        self._answers: dict[str, int] = {}
        self._project = lru_cache(_PLACES)(self._project_footprint)

    def count(self, task: Task) -> int:
        """Requests of a task."""
        total = 0
        blocks = task.area.split(self._context.block_size)
        for key in self._keys:
            for area, items in _list_reads(task, key):
                number = len(items) * self._count_answers(key, items)
                if number and key not in FIELDS:
                    parts = [part for one in blocks if (part := one.overlap(area)) is not None]
                    read = [one.pad(self._halo) for one in parts] if key == "sentinel1" else parts
                    number = self._count_answers(key, items) * self._count_touched(items, read)
                total += number
        return total

    def _count_touched(self, items: list[pystac.Item], blocks: list[Block]) -> int:
        """How many pairs of image and block share ground."""
        outlines = np.array([shapely.box(*_find_bounds(one)) for one in blocks])
        crs = str(blocks[0].geobox.crs)
        places = np.array([self._project(one.id, crs) for one in items])
        return int(shapely.intersects(outlines[:, None], places[None]).sum())

    def _project_footprint(self, name: str, crs: str) -> BaseGeometry:
        place = project_area(self._footprints[name], crs)
        shapely.prepare(place)
        return place

    def _count_answers(self, key: str, items: Iterable[pystac.Item]) -> int:
        """How many requests bring the bands of one image that are in use."""
        if key not in self._answers:
            for item in items:
                try:
                    self._answers[key] = _count_grids(item, key, self._context)
                    break
                except SceneError:
                    continue
        return self._answers.get(key, 0)


def _list_reads(task: Task, key: str) -> Iterator[tuple[Block, list[pystac.Item]]]:
    """What is read for one overpass, or once for all of the task's."""
    if key == "sentinel1":
        for unit in task.units:
            yield unit.area, [*unit.overpass.items, *unit.inputs.get(key, ())]
    else:
        found = {item.id: item for unit in task.units for item in unit.inputs.get(key, ())}
        yield task.area, list(found.values())


def _count_grids(item: pystac.Item, key: str, context: Context) -> int:
    definition = context.definitions[key]
    bands = resolve_scene(item, definition, context.bands[key]).bands.values()
    if definition.by_day:
        return len(bands)
    return len({(one.href, one.crs, one.transform, one.shape) for one in bands})


def _compute_halo(context: Context) -> int:
    """Tile pixels around a block that filters and erosion of the radar look at."""
    radar = context.recipe.radar
    filtered = is_filtered(context.radar_grid, context.definitions["sentinel1"], radar)
    halo = compute_halo(radar.erode) + (radar.despeckle.window // 2 if filtered else 0)
    return -(-halo // context.factor)


def _find_bounds(block: Block) -> tuple[float, float, float, float]:
    box = block.to_geobox().extent.boundingbox
    return box.left, box.bottom, box.right, box.top
