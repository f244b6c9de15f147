"""Writes a date of Sentinel-2 as an L2A scene: pixels, and the item that describes them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pystac
from numpy.typing import NDArray

from smmap.features.array import Doubles
from smmap.simulate.clouds import SUN_AZIMUTH_DEG, SUN_ELEVATION_DEG, Sky, draw_cover, draw_sky
from smmap.simulate.landscape import Landscape
from smmap.simulate.optical import (
    COARSE_BANDS,
    FINE_BANDS,
    OFFSET,
    SCALE,
    classify_scene,
    compute_cloud_cover,
    compute_coarse,
    compute_reflectance,
    cover_reflectance,
    store_reflectance,
)
from smmap.simulate.orbits import count_days
from smmap.simulate.raster import write_cog
from smmap.simulate.stac import add_asset, compute_footprint, make_item
from smmap.simulate.stream import open_stream

PROCESSING_BASELINE = "05.09"
"""Of the products of April 2023."""

EXTENSIONS = ("eo/v2.0.0", "view/v1.1.0")
"""Those that an optical item uses."""
BAND = {"data_type": "uint16", "nodata": 0, "scale": SCALE, "offset": OFFSET}
"""Of its assets, but for the classes."""
CLASS_BAND = {"data_type": "uint8", "nodata": 0}
"""Of these."""


def draw_sky_of(landscape: Landscape, day: int, seed: int) -> Sky:
    """Clouds over an area: how cloudy a day is holds for all areas, where they are does not."""
    area = landscape.area
    cover = draw_cover(open_stream(seed, "cover", day), day)
    return draw_sky(area.block.shape, open_stream(seed, "sky", area.index, day), cover)


def find_satellite(day: int) -> str:
    """Which Sentinel-2 passes: each comes back after ten days, in either of the two swaths."""
    return "ab"[day % 10 in (4, 6)]


def write_optical(
    folder: Path, landscape: Landscape, moment: datetime, soil_moisture: Doubles, seed: int
) -> pystac.Item:
    """Write the scene of one date into ``folder``."""
    area, day = landscape.area, int(count_days(moment))
    ndvi = landscape.compute_ndvi(count_days(moment))
    sky = draw_sky_of(landscape, day, seed)
    bands = cover_reflectance(compute_reflectance(landscape, soil_moisture, ndvi), sky)
    classes = classify_scene(landscape, ndvi, sky)
    satellite = find_satellite(day)
    fine = area.block.to_geobox()
    coarse = fine.zoom_out(2)
    name = f"S2{satellite.upper()}_L2A_{moment:%Y%m%dT%H%M%S}_{area.tile}"
    item = make_item(
        name,
        moment,
        footprint=compute_footprint(fine),
        geobox=fine,
        properties=describe_product(satellite, classes),
        extensions=EXTENSIONS,
    )
    path = folder / "sentinel-2-l2a" / name
    for band in FINE_BANDS:
        write_cog(path / f"{band}.tif", store_reflectance(bands[band]), fine, 0)
        add_asset(item, band, path / f"{band}.tif", BAND)
    for band in COARSE_BANDS:
        values = store_reflectance(compute_coarse(bands[band]))
        write_cog(path / f"{band}.tif", values, coarse, 0)
        add_asset(item, band, path / f"{band}.tif", BAND, coarse)
    write_cog(path / "scl.tif", classes, coarse, 0)
    add_asset(item, "scl", path / "scl.tif", CLASS_BAND, coarse)
    return item


def describe_product(satellite: str, classes: NDArray[np.uint8]) -> dict[str, Any]:
    """Properties of an L2A product of satellite ``a`` or ``b``."""
    return {
        "platform": f"sentinel-2{satellite}",
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "eo:cloud_cover": compute_cloud_cover(classes),
        "s2:processing_baseline": PROCESSING_BASELINE,
        "view:sun_azimuth": SUN_AZIMUTH_DEG,
        "view:sun_elevation": SUN_ELEVATION_DEG,
    }
