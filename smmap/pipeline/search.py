"""Asks every catalogue of a recipe what it has."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pystac
import shapely
from shapely.geometry import box, shape
from shapely.geometry.base import BaseGeometry

from smmap.catalog.footprint import compute_footprint
from smmap.catalog.registry import open_catalog
from smmap.pipeline.context import Context
from smmap.spec.errors import ConfigError, EmptySearchError
from smmap.spec.period import Period

logger = logging.getLogger(__name__)

Bbox = tuple[float, float, float, float]


@dataclass(frozen=True)
class Found:
    """What a recipe's search gave."""

    area: BaseGeometry
    """Longitude, latitude; west and east of the antimeridian are separate parts."""
    period: Period
    """Of the overpasses."""
    items: Mapping[str, tuple[pystac.Item, ...]]
    """Scenes by source key."""


def search_scenes(context: Context) -> Found:
    """Find all candidate scenes of a recipe; no pixel is read.

    Raises
    ------
    EmptySearchError
        If nothing at all can be mapped: says which source was empty and where it looked.
    """
    recipe = context.recipe
    bbox, period = _choose_extent(context)
    margin = timedelta(days=recipe.optical.window_days)
    history = timedelta(0)
    if recipe.radar.despeckle.method == "quegan":
        history = timedelta(days=recipe.radar.despeckle.days)
    spans = {
        "sentinel1": period.pad(history, timedelta(0)),
        "sentinel2": period.pad(margin, margin),
        "dem": None,
    }
    items: dict[str, tuple[pystac.Item, ...]] = {}
    for key, definition in context.definitions.items():
        place = definition.endpoint or recipe.catalog
        span = spans[key]
        found = open_catalog(definition, recipe.catalog).search(definition, bbox, span)
        items[key] = tuple(found)
        logger.info("%s: %d scenes in %s", key, len(found), place)
        if not found and (key == "sentinel1" or context.bands[key]) and key != "dem":
            raise EmptySearchError(
                f"no {definition.sensor} scene found: looked for collections "
                f"{', '.join(definition.collections)} in {place}, bounding box {bbox}, "
                f"period {span}; widen the area or the period, or choose another catalogue"
            )
    return Found(_choose_area(context, items["sentinel1"]), period, items)


def _choose_extent(context: Context) -> tuple[Bbox, Period]:
    """Bounding box and period of the recipe, else all that the radar's catalogue covers."""
    recipe = context.recipe
    period = Period.parse(recipe.period) if recipe.period else None
    bbox: Bbox | None = None
    if recipe.area is not None:
        bbox = recipe.area.bbox or _load_polygon(str(recipe.area.geojson)).bounds
    if bbox is None or period is None:
        definition = context.definitions["sentinel1"]
        known_bbox, known_period = open_catalog(definition, recipe.catalog).extent(definition)
        bbox, period = bbox or known_bbox, period or known_period
    return bbox, period


def _choose_area(context: Context, radar: tuple[pystac.Item, ...]) -> BaseGeometry:
    area = context.recipe.area
    if area is None:
        return shapely.union_all([compute_footprint(item) for item in radar])
    if area.geojson is not None:
        return _load_polygon(area.geojson)
    west, south, east, north = area.bbox or (-180.0, -90.0, 180.0, 90.0)
    if west < east:
        return box(west, south, east, north)
    return shapely.union_all([box(west, south, 180, north), box(-180, south, east, north)])


def _load_polygon(path: str) -> BaseGeometry:
    """All polygons of a GeoJSON file."""
    try:
        data = json.loads(Path(path).read_text())
        parts = data.get("features", [data])
        polygons = [shape(part.get("geometry", part)) for part in parts]
    except (OSError, ValueError, AttributeError, TypeError, KeyError) as error:
        reason = str(error)
    else:
        merged = shapely.union_all(polygons)
        if merged.area > 0 and abs(merged.bounds[0]) <= 180 and abs(merged.bounds[1]) <= 90:
            return merged
        reason = "it holds no polygon in degrees of longitude and latitude"
    raise ConfigError(f"area.geojson {path}: cannot be used ({reason})")
