"""Writes a date of Landsat 8 or 9 as a Collection 2 level 1 scene."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import radians, sin
from pathlib import Path

import numpy as np
import pystac
from numpy.typing import NDArray

from smmap.features.array import Bools, Doubles
from smmap.simulate.atmosphere import compute_all_bands, compute_top_of_atmosphere
from smmap.simulate.clouds import SUN_AZIMUTH_DEG, SUN_ELEVATION_DEG, Sky, draw_cover, draw_sky
from smmap.simulate.coarse_grid import CoarseGrid
from smmap.simulate.landscape import Landscape
from smmap.simulate.optical import compute_reflectance, cover_reflectance
from smmap.simulate.orbits import START, count_days
from smmap.simulate.raster import write_cog
from smmap.simulate.stac import add_asset, compute_footprint, make_item
from smmap.simulate.stream import open_stream

SCALE, OFFSET = 2.0e-5, -0.1
"""Stored x scale + offset is reflectance times the sine of the sun's elevation (USGS LSDS-1747)."""
PLANCK = {
    "landsat-8": ((3.342e-4, 774.8853, 1321.0789), (3.342e-4, 480.8883, 1201.1442)),
    "landsat-9": ((3.8e-4, 799.0284, 1329.2405), (3.49e-4, 475.6581, 1198.3494)),
}
"""Platform -> scale of radiance, K1 and K2 of bands 10 and 11 (their metadata)."""
RADIANCE_OFFSET = 0.1
"""Of both."""
ASSETS = {
    "coastal": "coastal",
    "blue": "blue",
    "green": "green",
    "red": "red",
    "nir": "nir08",
    "swir16": "swir16",
    "swir22": "swir22",
    "pan": "pan",
    "cirrus": "cirrus",
}
"""Band -> asset, as USGS calls it; thermal ones are lwir11 and lwir12."""

_CLEAR_BIT, _WATER_BIT, _CLOUD_BIT, _SHADOW_BIT = 64, 128, 8, 16
_FILL = 1
_REPEAT_DAYS = 8
_CLOUD_K, _BARE_K, _GREEN_K, _WATER_K = 262.0, 302.0, 290.0, 284.0
_COOLER_IN_11_K = 1.5


def list_landsat_dates(days: int) -> list[datetime]:
    """Landsat 8 and 9 in turn, from the third day on."""
    first = START + timedelta(days=2, hours=10, minutes=32)
    return [first + timedelta(days=day) for day in range(0, days - 2, _REPEAT_DAYS)]


def write_landsat(
    folder: Path, landscape: Landscape, moment: datetime, soil_moisture: Doubles, seed: int
) -> pystac.Item:
    """Write the scene of one date into ``folder``: stored numbers, QA_PIXEL, and their item."""
    area, day = landscape.area, int(count_days(moment))
    number = 8 + (day // _REPEAT_DAYS) % 2
    platform = f"landsat-{number}"
    ndvi = landscape.compute_ndvi(count_days(moment))
    cover = draw_cover(open_stream(seed, "landsat-cover", day), day - 1)
    sky = draw_sky(ndvi.shape, open_stream(seed, "landsat-sky", area.index, day), cover)
    surface = cover_reflectance(compute_reflectance(landscape, soil_moisture, ndvi), sky)
    bands = compute_top_of_atmosphere(compute_all_bands(surface))
    crs = str(area.block.geobox.crs)
    grid, fine = (CoarseGrid.around([area.block], crs, size, reach=0) for size in (30.0, 15.0))
    flags, cloudy = _flag(landscape, sky, grid)
    name = f"LC0{number}_L1TP_{moment:%Y%m%d}_02_T1_{area.tile}"
    item = make_item(
        name,
        moment,
        footprint=compute_footprint(grid.geobox),
        geobox=grid.geobox,
        properties={
            "platform": platform,
            "instruments": ["oli", "tirs"],
            "eo:cloud_cover": round(100 * float(cloudy.mean()), 2),
            "view:sun_azimuth": SUN_AZIMUTH_DEG,
            "view:sun_elevation": SUN_ELEVATION_DEG,
        },
        extensions=("eo/v2.0.0", "view/v1.1.0"),
    )
    place = folder / "landsat-c2-l1" / name
    described = {"data_type": "uint16", "nodata": 0}
    for band, asset in ASSETS.items():
        on = fine if band == "pan" else grid
        light = on.compute_means([bands[band]]) * sin(radians(SUN_ELEVATION_DEG))
        write_cog(place / f"{asset}.tif", _store((light - OFFSET) / SCALE), on.geobox, 0)
        add_asset(item, asset, place / f"{asset}.tif", described, on.geobox)
    warm = _compute_temperature(landscape.water, ndvi, sky)
    for asset, planck, cooler in zip(
        ("lwir11", "lwir12"), PLANCK[platform], (0.0, _COOLER_IN_11_K), strict=True
    ):
        scale, k1, k2 = planck
        radiance = k1 / np.expm1(k2 / (grid.compute_means([warm]) - cooler))
        stored = _store((radiance - RADIANCE_OFFSET) / scale)
        write_cog(place / f"{asset}.tif", stored, grid.geobox, 0)
        add_asset(item, asset, place / f"{asset}.tif", described)
    write_cog(place / "qa_pixel.tif", flags, grid.geobox, _FILL)
    add_asset(item, "qa_pixel", place / "qa_pixel.tif", {"data_type": "uint16", "nodata": _FILL})
    return item


def _compute_temperature(water: Bools, ndvi: Doubles, sky: Sky) -> Doubles:
    """Brightness temperature of band 10, kelvin: bare ground is warmest, water coolest."""
    canopy = np.clip((ndvi - 0.1) / 0.8, 0, 1)
    warm = np.where(water, _WATER_K, _BARE_K + (_GREEN_K - _BARE_K) * canopy)
    cover = sky.cirrus + sky.cloud - sky.cirrus * sky.cloud
    return warm + (_CLOUD_K - warm) * cover


def _flag(landscape: Landscape, sky: Sky, grid: CoarseGrid) -> tuple[NDArray[np.uint16], Bools]:
    """QA_PIXEL, and where there are clouds."""
    cloudy = grid.compute_means([np.maximum(sky.cloud, sky.cirrus)]) > 0
    shaded = grid.compute_means([sky.shadow]) > 0
    water = grid.compute_means([landscape.water.astype(np.float64)]) >= 0.5
    flags = np.where(cloudy, _CLOUD_BIT, np.where(shaded, _SHADOW_BIT, _CLEAR_BIT))
    return (flags + np.where(water, _WATER_BIT, 0)).astype(np.uint16), cloudy


def _store(numbers: Doubles) -> NDArray[np.uint16]:
    """As whole numbers; never the nodata value 0."""
    return np.clip(np.rint(numbers), 1, 65535).astype(np.uint16)
