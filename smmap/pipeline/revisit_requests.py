"""How often Earth Engine would be asked for pixels, where no catalogue tells what there is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

from smmap.pipeline.context import Context
from smmap.spec.definition import Definition
from smmap.spec.source import FIELDS
from smmap.spec.tile import Block

_SLICE_KM = 170.0
"""Length of a Sentinel-1 IW slice (Sentinel-1 product specification)."""
_GRANULE_KM, _GRANULE_STEP_KM = 109.8, 100.0
"""Side of a Sentinel-2 granule and how far the next one is (Sentinel-2 product specification)."""
_SCENE_KM, _LANDSAT_DAYS = 180.0, 8.0
"""Landsat's scenes, and how often Landsat 8 and 9 together come by (USGS, LSDS-1574)."""
_DEGREE_KM = 111.2
"""Elevation and land cover are images of one degree or more."""
_STEP_DAYS = {"modis_lai": 4.0, "modis_vegetation": 8.0, "smap": 1.0}
"""Days from image to image of coarse sources; hourly archives are asked a day at a time."""
_GRIDS = {
    **dict.fromkeys(("blue", "green", "red", "nir"), "10 m"),
    **dict.fromkeys(("coastal", "nir09", "cirrus"), "60 m"),
    **dict.fromkeys(("rededge1", "rededge2", "rededge3", "nir08", "swir16", "swir22"), "20 m"),
    "scl": "20 m",
    "pan": "15 m",
    "incidence": "angle",
}
"""Band -> pixel grid that it shares with others of its image; all others share one."""


def estimate_requests(
    blocks: Sequence[Block],
    context: Context,
    *,
    mapped: float,
    watched: float,
    optical_days: float,
    days: float,
) -> int | None:
    """Requests for pixels, each once; None where no source is Earth Engine's.

    Parameters
    ----------
    blocks
        What of each tile is mapped.
    context
        Of the recipe.
    mapped
        Overpasses of a place that are mapped.
    watched
        Days on which optical scenes may be taken for them.
    optical_days
        Between Sentinel-2 scenes of a place.
    days
        Length of the period.
    """
    engine = {key: one for key, one in context.definitions.items() if one.kind == "earth-engine"}
    if not engine:
        return None
    looks = {
        "sentinel1": mapped,
        "sentinel2": watched / optical_days,
        "landsat": watched / _LANDSAT_DAYS,
    }
    size, total = context.block_size, 0.0
    for area in blocks:
        pixel_km = abs(area.geobox.resolution.x) / 1000
        if area.geobox.crs is not None and area.geobox.crs.geographic:
            pixel_km *= 1000 * _DEGREE_KM
        side = min(size, max(area.shape)) * pixel_km
        pieces = math.ceil(area.height / size) * math.ceil(area.width / size)
        for key, definition in engine.items():
            answers = _count_answers(key, definition, context)
            if key in FIELDS:
                total += answers * _count_steps(key, definition, context, days)
            else:
                images = _count_images(key, definition, side)
                total += pieces * answers * images * looks.get(key, 1.0)
    return round(total)


def _count_images(key: str, definition: Definition, side: float) -> float:
    """Images of one date that a block of ``side`` km touches, on the average."""
    match key:
        case "sentinel1":
            return 1 + side / _SLICE_KM
        case "sentinel2":
            return ((_GRANULE_KM + side) / _GRANULE_STEP_KM) ** 2
        case "landsat":
            return (1 + side / _SCENE_KM) ** 2
        case _:
            return len(definition.collections) * (1 + side / _DEGREE_KM) ** 2


def _count_steps(key: str, definition: Definition, context: Context, days: float) -> float:
    """Images, or days of hourly ones, that a tile reads of a coarse source."""
    if definition.static:
        return 1.0
    before, after = context.reach(key)
    return (days + (before + after) / timedelta(days=1)) / _STEP_DAYS.get(key, 1.0)


def _count_answers(key: str, definition: Definition, context: Context) -> int:
    """Requests that bring the bands in use of one image, or of one day of images."""
    names = context.list_bands(key)
    if definition.by_day or definition.static:
        return len(names)
    others = [definition.bands[name].collection for name in names]
    return len({(_GRIDS.get(name, key), one) for name, one in zip(names, others, strict=True)})
