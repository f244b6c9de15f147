"""From a recipe to tasks: which tiles, which overpasses, which inputs, which fingerprints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import pystac
import shapely
from shapely.geometry.base import BaseGeometry

from smmap.catalog.overpass import group_candidates
from smmap.grid.area import clip_to_area, clip_to_shape
from smmap.grid.reproject import project_area
from smmap.pipeline.context import Context, open_context
from smmap.pipeline.fingerprint import Fingerprints
from smmap.pipeline.history import Histories
from smmap.pipeline.inputs import NearTiles, TileInputs, compute_outline
from smmap.pipeline.obstacles import ObstacleFinder
from smmap.pipeline.search import Found, load_area, search_scenes
from smmap.product.names import compute_item_id
from smmap.spec.errors import EmptySearchError
from smmap.spec.overpass import Overpass
from smmap.spec.recipe import Recipe
from smmap.spec.tile import Block, Tile
from smmap.spec.unit import Earlier, Task, Unit

_GROUNDS = 4096
"""Outlines of overpasses that are kept: those of a few rows of tiles."""


@dataclass(frozen=True)
class Plan:
    """All that a run will do, before any pixel is read."""

    context: Context
    """The recipe with everything it names."""
    found: Found
    """What the catalogues gave."""
    tasks: tuple[Task, ...]
    """By tile id, then time."""

    empty_tiles: tuple[str, ...] = ()
    """Keys of tiles in the area without an overpass in the period."""
    obstacles: Mapping[str, str] = field(default_factory=dict)
    """Why no value can come of a unit, by its id; most units have no entry."""

    @property
    def units(self) -> tuple[Unit, ...]:
        """Of all tasks."""
        return tuple(unit for task in self.tasks for unit in task.units)


def plan_run(recipe: Recipe) -> Plan:
    """Search the catalogues and cut the work into tasks; no pixel is read.

    Raises
    ------
    EmptySearchError
        If there is nothing to map, with the source that was empty and where it looked.
    """
    context = open_context(recipe)
    found = search_scenes(context, load_area(context))
    planner = Planner(found, context)
    tasks = [task for tile in found.tiles for task in planner.plan_tile(tile)]
    if not tasks:
        raise EmptySearchError(
            f"scenes were found, but none of them lies in the area within {found.period}; "
            "check the recipe's area and period"
        )
    busy = {task.tile.key for task in tasks}
    empty = tuple(tile.key for tile in found.tiles if tile.key not in busy)
    return Plan(context, found, tuple(tasks), empty, planner.obstacles)


class Planner:
    """Makes the units of one tile after the other."""

    def __init__(self, found: Found, context: Context) -> None:
        self._found = found
        self._context = context
        self._fingerprints = Fingerprints(context)
        self._near = {key: NearTiles(candidates) for key, candidates in found.candidates.items()}
        self.obstacles: dict[str, str] = {}
        self._find_obstacle = ObstacleFinder(found.candidates, context)
        self._clipped: dict[str, Block | None] = {}
        self._project = lru_cache(_GROUNDS)(self._project_ground)

    def plan_tile(self, tile: Tile) -> list[Task]:
        """Tasks of a tile: its units by time, so many a task."""
        units = self.plan_units(tile)
        size = self._context.recipe.batch
        return [
            Task(f"{tile.id}-{start // size}", tile, tuple(units[start : start + size]))
            for start in range(0, len(units), size)
        ]

    def plan_units(self, tile: Tile, area: Block | None = None) -> list[Unit]:
        """Units of a tile, by time; all over ``area``, or over what is to be mapped of it."""
        outline = compute_outline(tile)
        near = {key: one.find(outline) for key, one in self._near.items()}
        overpasses = group_candidates(near["sentinel1"])
        inputs = TileInputs(near, overpasses, self._context)
        histories = Histories(overpasses, inputs, self._fingerprints, self._context)
        self._footprints = {one.id: one.footprint for one in near["sentinel1"]}
        units = []
        for one in overpasses:
            if one.datetime in self._found.period:
                part = area or self._clip(tile, one)
                if part is not None:
                    history = histories.find(one)
                    units.append(self._make_unit(tile, part, one, inputs.choose(one), history))
        return units

    def _clip(self, tile: Tile, overpass: Overpass) -> Block | None:
        """What is to be mapped of the tile: the recipe's area, or what the overpass saw."""
        if self._found.area is None:
            names = tuple(item.id for item in overpass.items)
            return clip_to_shape(tile, self._project(names, str(tile.geobox.crs)))
        if tile.key not in self._clipped:
            self._clipped[tile.key] = clip_to_area(tile, self._found.area)
        return self._clipped[tile.key]

    def _project_ground(self, names: tuple[str, ...], crs: str) -> BaseGeometry:
        """The ground that slices of an overpass saw; neighbouring tiles see the same slices."""
        return project_area(shapely.union_all([self._footprints[one] for one in names]), crs)

    def _make_unit(
        self,
        tile: Tile,
        area: Block,
        overpass: Overpass,
        inputs: Mapping[str, tuple[pystac.Item, ...]],
        history: tuple[Earlier, ...],
    ) -> Unit:
        fingerprint, parts = self._fingerprints.compute(tile, overpass, inputs, history)
        name = compute_item_id(tile.id, overpass, self._context.grid.resolution_label)
        obstacle = self._find_obstacle(overpass, inputs)
        if obstacle is not None:
            self.obstacles[name] = obstacle
        return Unit(name, tile, overpass, inputs, fingerprint, area, parts, history)
