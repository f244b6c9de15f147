"""From a recipe to tasks: which tiles, which overpasses, which inputs, which fingerprints."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pystac
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from smmap.catalog.footprint import compute_footprint, compute_time
from smmap.catalog.overpass import group_overpasses
from smmap.grid.area import clip_to_area
from smmap.grid.reproject import reproject_geometry
from smmap.pipeline.context import Context, open_context
from smmap.pipeline.search import Found, search_scenes
from smmap.product.names import compute_item_id
from smmap.spec.errors import EmptySearchError
from smmap.spec.overpass import Overpass
from smmap.spec.recipe import Recipe
from smmap.spec.tile import Block, Tile
from smmap.spec.unit import Task, Unit, compute_fingerprint
from smmap.version import PRODUCT_VERSION

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
    """By tile id."""

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
    found = search_scenes(context)
    tiles = context.grid.find_tiles(found.area)
    tasks = [_plan_tile(tile, found, context) for tile in tiles]
    filled = tuple(task for task in tasks if task is not None)
    if not filled:
        raise EmptySearchError(
            f"scenes were found, but none of them lies in the area within {found.period}; "
            "check the recipe's area and period"
        )
    return Plan(context, found, filled)


def _plan_tile(tile: Tile, found: Found, context: Context) -> Task | None:
    area = clip_to_area(tile, found.area)
    if area is None:
        return None
    extent = box(*area.to_geobox().boundingbox.bbox)
    outline = reproject_geometry(extent, str(tile.geobox.crs), "EPSG:4326")
    near = {key: _touching(items, outline) for key, items in found.items.items()}
    overpasses = group_overpasses(near["sentinel1"])
    units = [
        _plan_unit(tile, area, one, _choose_inputs(one, overpasses, near, context), context)
        for one in overpasses
        if one.datetime in found.period
    ]
    return Task(tile.id, tile, area, tuple(units)) if units else None


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
            and float(item.properties.get("eo:cloud_cover") or 0) <= optical.max_cloud_cover
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
    named = {"overpass": overpass.items, **inputs}
    affine = tile.geobox.affine
    fingerprint = compute_fingerprint(
        {
            "product": PRODUCT_VERSION,
            "pixels": context.describe_pixels(),
            "tile": [tile.id, str(tile.geobox.crs), *tuple(affine)[:6], *tile.geobox.shape],
            "area": [area.row, area.col, area.height, area.width],
            "overpass": overpass.id,
            "inputs": {
                key: sorted([item.id, mark_version(item)] for item in items)
                for key, items in named.items()
            },
        }
    )
    label = context.grid.resolution_label
    return Unit(compute_item_id(tile.id, overpass, label), tile, overpass, inputs, fingerprint)


def mark_version(item: pystac.Item) -> str:
    """What tells one version of a scene from another: ``updated``, else its checksums, else all.

    Addresses never count: the same scene elsewhere is the same scene.
    """
    if item.properties.get("updated"):
        return str(item.properties["updated"])
    assets = {
        key: {name: value for name, value in asset.to_dict().items() if name != "href"}
        for key, asset in item.assets.items()
    }
    checksums = {key: one["file:checksum"] for key, one in assets.items() if "file:checksum" in one}
    content: Any = checksums or [item.properties, item.geometry, assets]
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
