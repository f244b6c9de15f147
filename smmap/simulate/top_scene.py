"""Writes a date of Sentinel-2 as an L1C scene, with a cloud score beside it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pystac

from smmap.features.array import Doubles
from smmap.simulate.atmosphere import compute_all_bands, compute_top_of_atmosphere
from smmap.simulate.coarse_grid import CoarseGrid
from smmap.simulate.landscape import Landscape
from smmap.simulate.optical import (
    classify_scene,
    compute_reflectance,
    cover_reflectance,
    store_reflectance,
)
from smmap.simulate.optical_scene import (
    BAND,
    EXTENSIONS,
    describe_product,
    draw_sky_of,
    find_satellite,
)
from smmap.simulate.orbits import count_days
from smmap.simulate.raster import write_cog
from smmap.simulate.stac import add_asset, compute_footprint, make_item

PIXELS_M = {
    **dict.fromkeys(("blue", "green", "red", "nir"), 10),
    **dict.fromkeys(("rededge1", "rededge2", "rededge3", "nir08", "swir16", "swir22"), 20),
    **dict.fromkeys(("coastal", "nir09", "cirrus"), 60),
}
"""Band -> pixel size, metres."""


def write_top_of_atmosphere(
    folder: Path, landscape: Landscape, moment: datetime, soil_moisture: Doubles, seed: int
) -> pystac.Item:
    """Write the scene of one date into ``folder``: the ground and the clouds of its L2A."""
    area, day = landscape.area, int(count_days(moment))
    ndvi = landscape.compute_ndvi(count_days(moment))
    sky = draw_sky_of(landscape, day, seed)
    surface = cover_reflectance(compute_reflectance(landscape, soil_moisture, ndvi), sky)
    bands = compute_top_of_atmosphere(compute_all_bands(surface))
    satellite = find_satellite(day)
    name = f"S2{satellite.upper()}_L1C_{moment:%Y%m%dT%H%M%S}_{area.tile}"
    geobox = area.block.to_geobox()
    classes = classify_scene(landscape, ndvi, sky)
    item = make_item(
        name,
        moment,
        footprint=compute_footprint(geobox),
        geobox=geobox,
        properties=describe_product(satellite, classes),
        extensions=EXTENSIONS,
    )
    for band, pixel in PIXELS_M.items():
        grid = CoarseGrid.around([area.block], str(geobox.crs), float(pixel), reach=0)
        path = folder / "sentinel-2-l1c" / name / f"{band}.tif"
        write_cog(path, store_reflectance(grid.compute_means([bands[band]])), grid.geobox, 0)
        add_asset(item, band, path, BAND, grid.geobox)
    score = 1 - np.maximum(sky.cloud, np.maximum(sky.shadow, np.sqrt(sky.cirrus)))
    path = folder / "sentinel-2-l1c" / name / "cloud_score.tif"
    write_cog(path, score.astype(np.float32), geobox, np.nan)
    add_asset(item, "cloud_score", path, {"data_type": "float32", "nodata": "nan"})
    return item
