"""Asks every catalogue of a recipe what it has."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias, cast

import shapely
from shapely.geometry import box, shape
from shapely.geometry.base import BaseGeometry

from smmap.catalog.candidate import Candidate
from smmap.catalog.companions import find_scenes
from smmap.catalog.left_out import collect_left_out
from smmap.catalog.registry import Catalog, open_catalog
from smmap.catalog.reprocessed import SAME_INSTANT, SAME_SCENE, drop_reprocessed
from smmap.catalog.selection import Bbox
from smmap.grid.boxes import merge_boxes
from smmap.pipeline.context import Context
from smmap.pipeline.needs import compute_look_back
from smmap.pipeline.unique_ids import check_ids
from smmap.product.footprint import compute_footprint as compute_outline
from smmap.spec.definition import Definition
from smmap.spec.errors import ConfigError, EmptySearchError
from smmap.spec.period import Period
from smmap.spec.source import OPTICAL, SourceKey
from smmap.spec.tile import Block, Tile

logger = logging.getLogger(__name__)

_PASS = timedelta(minutes=30)
"""Longer than the slices of one overpass are apart: none of them may be cut off by the period."""
_REPEATED = {"sentinel1": SAME_INSTANT, **dict.fromkeys(OPTICAL, SAME_SCENE)}
"""Sources whose scenes may be there twice, and how far apart the starts of the two may be."""


Opened: TypeAlias = dict[tuple[str | None, str], Catalog]
"""Open catalogues, by address and kind."""


@dataclass(frozen=True)
class Found:
    """What a recipe's search gave."""

    area: BaseGeometry | None
    """Of the recipe, longitude and latitude; None: every overpass's own footprint."""
    period: Period
    """Of the overpasses."""
    tiles: tuple[Tile, ...]
    """Tiles that the area touches, by id."""
    candidates: Mapping[str, tuple[Candidate, ...]]
    """Scenes by source key, over whole tiles."""
    left_out: tuple[str, ...] = ()
    """Items that could not be used, each with the reason."""


def search_scenes(
    context: Context, area: BaseGeometry | None, opened: Opened | None = None
) -> Found:
    """Find all candidate scenes over an area; no pixel is read.

    Whole tiles are searched, however small the area: so a unit's candidates are those of its tile
    and overpass, and another area finds the same.

    Parameters
    ----------
    context
        Of the recipe.
    area
        Longitude and latitude, as of `load_area`; None: all that the radar's catalogue covers.
    opened
        Catalogues that earlier searches of this context opened, which need not be read again;
        those that are opened now are put beside them.

    Raises
    ------
    EmptySearchError
        If nothing at all can be mapped: says which source was empty and where it looked.
    CatalogError
        If two scenes have one id.
    """
    with collect_left_out() as left_out:
        found = _search_sources(context, area, {} if opened is None else opened)
    return replace(found, left_out=tuple(left_out))


def _search_sources(context: Context, area: BaseGeometry | None, opened: Opened) -> Found:
    recipe = context.recipe
    search = _Search(context, opened)
    bbox, period = _choose_extent(search, area)
    history = compute_look_back(context.feature_set)
    if recipe.radar.despeckle.method == "quegan":
        history += timedelta(days=recipe.radar.despeckle.days)
    if area is not None:
        bbox = _find_bbox(context.grid.find_tiles(area)) or bbox
    radar = search.find("sentinel1", bbox, period.pad(history + _PASS, _PASS))
    ground = area if area is not None else shapely.union_all([one.footprint for one in radar])
    tiles = tuple(context.grid.find_tiles(ground))
    bbox = _find_bbox(tiles) or bbox
    others = {
        key: search.find(key, bbox, _find_span(key, period, context))
        for key in context.definitions
        if key != "sentinel1"
    }
    candidates = {"sentinel1": radar, **others}
    check_ids(candidates)
    return Found(area, period, tiles, candidates)


def _find_span(key: str, period: Period, context: Context) -> Period | None:
    """When a source's scenes may be; None: time does not matter."""
    if context.definitions[key].static:
        return None
    before, after = context.reach(key)
    return period.pad(before + compute_look_back(context.feature_set) + _PASS, after + _PASS)


class _Search:
    """The catalogues of a recipe, each opened once."""

    def __init__(self, context: Context, opened: Opened) -> None:
        self.context = context
        self._opened = opened

    def define(self, key: str) -> Definition:
        """The definition of a source, its endpoint the recipe's own where that names one."""
        definition = self.context.definitions[key]
        address = self.context.recipe.catalogs.get(cast("SourceKey", key))
        return definition.model_copy(update={"endpoint": address}) if address else definition

    def open(self, key: str) -> Catalog:
        definition, catalog = self.define(key), self.context.recipe.catalog
        place = (definition.endpoint, definition.kind if definition.endpoint else "")
        if place not in self._opened:
            self._opened[place] = open_catalog(definition, catalog)
        return self._opened[place]

    def find(self, key: str, bbox: Bbox, period: Period | None) -> tuple[Candidate, ...]:
        definition = self.define(key)
        place = definition.endpoint or self.context.recipe.catalog
        found = find_scenes(self.open(key), definition, bbox, period)
        if key in _REPEATED:
            found = drop_reprocessed(found, _REPEATED[key])
        logger.info("%s: %d scenes in %s", key, len(found), place)
        if not found and self.context.requires(key):
            raise EmptySearchError(
                f"no {definition.sensor} scene found: looked for collections "
                f"{', '.join(definition.collections)} in {place}, bounding box {bbox}, period "
                f"{period or 'any'}{self._tell_held(key)}; widen the area or the period, or choose "
                "another catalogue"
            )
        return tuple(found)

    def _tell_held(self, key: str) -> str:
        """What a folder of files has instead; it has been looked through already.

        Raises
        ------
        EmptySearchError
            If it has nothing at all: with the reason.
        """
        definition = self.define(key)
        if definition.kind != "files":
            return ""
        bbox, period = self.open(key).extent(definition)
        sides = ", ".join(f"{side:.6g}" for side in bbox)
        return f", where there is {'something' if definition.static else period} over ({sides})"


def _choose_extent(search: _Search, area: BaseGeometry | None) -> tuple[Bbox, Period]:
    """Bounding box and period of the recipe, else all that the radar's catalogue covers."""
    recipe = search.context.recipe
    period = Period.parse(recipe.period) if recipe.period else None
    bbox: Bbox | None = None
    if area is not None:
        bbox = (recipe.area.bbox if recipe.area else None) or area.bounds
    if bbox is None or period is None:
        definition = search.define("sentinel1")
        known_bbox, known_period = search.open("sentinel1").extent(definition)
        bbox, period = bbox or known_bbox, period or known_period
    return bbox, period


def _find_bbox(tiles: Iterable[Tile]) -> Bbox | None:
    """The narrowest box in degrees that holds all tiles; west > east across the antimeridian."""
    boxes = [compute_outline(Block.whole(tile.geobox))[1] for tile in tiles]
    return merge_boxes([(one[0], one[1], one[2], one[3]) for one in boxes]) if boxes else None


def load_area(context: Context) -> BaseGeometry | None:
    """The recipe's area in degrees, with separate parts on either side of the antimeridian."""
    area = context.recipe.area
    if area is None:
        return None
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
