"""What mapping the land would take where no catalogue is asked: from revisit statistics alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import shapely
from odc.geo.data import ocean_geom
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from smmap.grid.area import clip_to_area
from smmap.pipeline.context import open_context
from smmap.pipeline.estimate import RADAR_BANDS, WRITTEN_BYTES, describe_speed
from smmap.pipeline.inputs import compute_outline
from smmap.pipeline.revisit_requests import estimate_requests
from smmap.pipeline.search import load_area
from smmap.spec.errors import ConfigError
from smmap.spec.period import Period
from smmap.spec.recipe import Recipe
from smmap.spec.tile import Block, Tile

LABEL = "estimate from revisit statistics; no catalogue was asked"
"""Stands in every such result."""

_SLICE_KM2 = 250.0 * 170.0
"""Sentinel-1 IW GRD slice (Sentinel-1 product specification)."""
_GRANULE_KM2 = 100.0 * 100.0
"""Step of Sentinel-2 granules."""
_FLOAT_BYTES = 4
_AROUND_DEG = 1.0
_EARTH = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Revisit:
    """How often the land is seen, and how many maps are wanted of that."""

    radar_days: float = 12.0
    """Between overpasses of a place: one Sentinel-1 satellite in one direction, as ESA's
    observation scenario gives most land; with both directions and a second satellite, 3."""
    optical_days: float = 5.0
    """Two Sentinel-2 satellites, at the equator (Drusch et al. 2012,
    doi:10.1016/j.rse.2011.11.026)."""
    map_days: float | None = None
    """One overpass in so many days is mapped; None: every one."""


def load_land() -> BaseGeometry:
    """Land in longitude and latitude: all that is not Natural Earth's ocean (public domain).

    The outline comes with odc-geo, at 1:110 million: small islands are missing, and coasts are
    rough by some ten kilometres.
    """
    return shapely.box(-180, -90, 180, 90).difference(ocean_geom().geom.buffer(0))


def estimate_from_revisit(
    recipe: Recipe, revisit: Revisit, rate: float | None = None
) -> dict[str, Any]:
    """Tiles, scenes, pixels, bytes, requests and core hours of a recipe over the land of its area.

    Parameters
    ----------
    recipe
        With a period; without an area it is all land from 60 S to 84 N.
    revisit
        How often the land is seen.
    rate
        As of ``estimate_plan``.

    Raises
    ------
    ConfigError
        If the recipe has no period with both ends.
    """
    if recipe.period is None or ".." in recipe.period:
        raise ConfigError("an estimate from revisits needs a period: give --period A/B")
    period = Period.parse(recipe.period)
    context = open_context(recipe)
    area = load_area(context) or shapely.box(-180, -60, 180, 84)
    land = area.intersection(load_land())
    tiles = context.grid.find_tiles(land)
    blocks = [block for tile in tiles if (block := _clip(tile, land)) is not None]
    days = (period.end - period.start) / timedelta(days=1)
    seen = days / revisit.radar_days
    mapped = min(seen, days / revisit.map_days) if revisit.map_days else seen
    # No more optical scenes of a place are read than there are.
    watched = min(mapped * 2 * recipe.optical.window_days, days)
    looks = watched / revisit.optical_days
    land_km2 = abs(_EARTH.geometry_area_perimeter(land)[0]) / 1e6
    pixels = round(sum(block.height * block.width for block in blocks) * mapped)
    working = pixels * context.factor**2
    once = working / mapped
    optical_bands = len(context.bands.get("sentinel2", ())) + 1
    uses_optical = "sentinel2" in context.definitions
    read = working * RADAR_BANDS + (once * looks * optical_bands if uses_optical else 0)
    scenes = {"sentinel1_scenes": round(land_km2 / _SLICE_KM2 * mapped)}
    if uses_optical:
        scenes["sentinel2_scenes"] = round(land_km2 / _GRANULE_KM2 * looks)
    requests = estimate_requests(
        blocks,
        context,
        mapped=mapped,
        watched=watched,
        optical_days=revisit.optical_days,
        days=days,
    )
    return {
        "recipe": recipe.name,
        "model": f"{context.card.name} {context.card.version}",
        "period": str(period),
        "kind": LABEL,
        "land": "Natural Earth 1:110m, by way of odc-geo",
        "totals": {
            "tiles": len(blocks),
            "land_km2": round(land_km2),
            "overpasses": round(len(blocks) * mapped),
            **scenes,
            "pixels": pixels,
            "bytes_read": round(read * _FLOAT_BYTES),
            "bytes_written": pixels * WRITTEN_BYTES,
            **({} if requests is None else {"earth_engine_requests": requests}),
            **describe_speed(pixels, working, context, rate),
        },
    }


def _clip(tile: Tile, land: BaseGeometry) -> Block | None:
    """What of the tile is mapped; only the land around it is looked at."""
    west, south, east, north = compute_outline(tile).bounds
    around = (west - _AROUND_DEG, south - _AROUND_DEG, east + _AROUND_DEG, north + _AROUND_DEG)
    return clip_to_area(tile, shapely.make_valid(shapely.clip_by_rect(land, *around)))
