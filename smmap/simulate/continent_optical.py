"""Writes a granule of Sentinel-2 over a continent: pixels, and the item that describes them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pystac

from smmap.features.array import Doubles
from smmap.simulate.clouds import Sky
from smmap.simulate.continent import Continent, Field, draw_field
from smmap.simulate.granules import GRANULE_M, Granule
from smmap.simulate.landscape import WATER_NDVI
from smmap.simulate.optical import (
    classify_pixels,
    compute_reflectance,
    cover_reflectance,
    store_reflectance,
)
from smmap.simulate.optical_scene import BAND, CLASS_BAND, EXTENSIONS, describe_product
from smmap.simulate.raster import write_cog
from smmap.simulate.snapped import snap_block
from smmap.simulate.stac import add_asset, make_item
from smmap.simulate.stream import open_stream

BANDS = ("red", "nir")
"""Served, with the classes: what NDVI needs."""
CLOUD_SHARE = 0.4
"""Of the sky, every day."""

_HAZE = 0.45


def draw_clouds(continent: Continent, key: int, seed: int) -> Field:
    """Opacity of a day's clouds over the continent, exactly 0 where there are none."""
    rng = open_stream(seed, "continent sky", key)
    field = draw_field(continent.block, rng, 2.0, 600, step=2)
    cloud = (field - np.quantile(field, 1 - CLOUD_SHARE)) / _HAZE
    return np.clip(cloud, 0, 1).astype(np.float32)


def write_granule(
    folder: Path,
    continent: Continent,
    granule: Granule,
    moment: datetime,
    *,
    soil_moisture: Field,
    clouds: Field,
) -> pystac.Item | None:
    """Write one date of a granule into ``folder``; None if there is no land."""
    x, y = granule.corner
    bounds = (x, y, x + GRANULE_M, y + GRANULE_M)
    block = snap_block(bounds, granule.crs, continent.pixel_m)
    patch = continent.cut(block, soil_moisture)
    if patch is None:
        return None
    ndvi = np.where(patch.water, WATER_NDVI, patch.ndvi)
    nothing: Doubles = np.zeros(block.shape)
    sky = Sky(np.nan_to_num(continent.sample(clouds, block)), nothing, nothing)
    bands = cover_reflectance(compute_reflectance(patch, patch.soil_moisture, ndvi), sky)
    classes = np.where(patch.inside, classify_pixels(patch.water, ndvi, sky), 0).astype(np.uint8)
    satellite = "ab"[moment.toordinal() // 5 % 2]
    geobox = block.to_geobox()
    name = f"S2{satellite.upper()}_T{granule.code}_{moment:%Y%m%dT%H%M%S}_L2A"
    item = make_item(
        name,
        moment,
        footprint=granule.outline,
        geobox=geobox,
        properties=describe_product(satellite, classes),
        extensions=EXTENSIONS,
    )
    path = folder / "sentinel-2-l2a" / name
    for band in BANDS:
        # At the grid's rim a slope has no neighbour, and no light follows.
        stored = store_reflectance(np.nan_to_num(bands[band]))
        values = np.where(np.isfinite(bands[band]) & patch.inside, stored, 0).astype(np.uint16)
        write_cog(path / f"{band}.tif", values, geobox, 0)
        add_asset(item, band, path / f"{band}.tif", BAND)
    write_cog(path / "scl.tif", classes, geobox, 0)
    add_asset(item, "scl", path / "scl.tif", CLASS_BAND)
    return item
