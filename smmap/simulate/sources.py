"""What models need beside radar, L2A and elevation, of a simulated world, as providers serve it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pystac

from smmap.grid.ground import compute_lonlat
from smmap.simulate.area import list_areas
from smmap.simulate.composites import write_lai, write_vegetation
from smmap.simulate.elevation import sample_elevation
from smmap.simulate.land_cover import write_land_cover
from smmap.simulate.landsat_scene import list_landsat_dates, write_landsat
from smmap.simulate.landscape import Landscape, draw_landscape
from smmap.simulate.orbits import list_optical_dates
from smmap.simulate.radiometer import write_smap
from smmap.simulate.raster import write_cog
from smmap.simulate.reanalysis import write_era5_land, write_gldas
from smmap.simulate.replace import replace_world
from smmap.simulate.soil_map import write_soil_map
from smmap.simulate.stac import add_asset, compute_footprint, make_item, write_catalog
from smmap.simulate.top_scene import write_top_of_atmosphere
from smmap.simulate.weather import draw_rain, iterate_soil_moisture

logger = logging.getLogger(__name__)

FOLDER = "sources"
"""Below the world's own folder."""
FOLDERS = {
    "era5_land": "era5-land",
    "modis_lai": "modis-lai",
    "modis_vegetation": "modis-vegetation",
    "smap": "smap",
    "gldas": "gldas",
    "soil": "soilgrids",
}
"""Source key -> folder of its files; all others are in ``catalog.json`` beside them."""
QUARTER_KM = "modis-vegetation-250m"
"""Folder of the finer vegetation indices."""

_STATIC_DATE = datetime(2021, 4, 22, tzinfo=UTC)
_HEIGHTS = {"alos-dem": -9999, "srtm": -32768}
_Items = dict[str, list[pystac.Item]]


def simulate_sources(
    world: Path,
    *,
    tiles: int = 1,
    days: int = 12,
    seed: int = 0,
    size: int = 512,
    leave_out: Collection[str] = (),
) -> Mapping[str, Path]:
    """Write a simulated world's other sources into its folder ``sources``.

    Static STAC: Sentinel-2 L1C, Landsat level 1, ALOS elevation with a hole and SRTM, WorldCover.
    Folders of files: ERA5-Land, GLDAS, SMAP, MODIS leaf area and vegetation indices of a year,
    SoilGrids. All follow from the world's own ground and rain.

    Parameters
    ----------
    world
        Folder of the world.
    tiles, days, seed, size
        Those that the world was made with: see `smmap.simulate.world.simulate_world`.
    leave_out
        Source keys whose folders of files are not written.

    Returns
    -------
    dict
        Source key -> where it lies, as a recipe's ``catalogs`` has it.

    Raises
    ------
    GridError
        If a number is out of bounds.
    StoreError
        If the folder holds something else, or cannot be written.
    """
    out = world.resolve() / FOLDER
    landscapes = [draw_landscape(area, seed) for area in list_areas(tiles, size)]
    out.parent.mkdir(parents=True, exist_ok=True)
    with replace_world(out) as staged:
        items: _Items = {"sentinel-2-l1c": [], "landsat-c2-l1": [], "esa-worldcover": []}
        items |= {name: [] for name in _HEIGHTS}
        for landscape in landscapes:
            _write_area(staged, landscape, days, seed, items)
        _write_files(staged, landscapes, days, seed, leave_out)
        write_catalog(staged, items)
    stac = dict.fromkeys(("sentinel2", "landsat", "dem", "land_cover"), out / "catalog.json")
    files = {key: out / folder for key, folder in FOLDERS.items() if key not in leave_out}
    return {**stac, **files}


def _write_area(folder: Path, landscape: Landscape, days: int, seed: int, items: _Items) -> None:
    logger.info("simulating other sources over tile %s", landscape.area.tile)
    optical, landsat = list_optical_dates(days), set(list_landsat_dates(days))
    moments = sorted([*optical, *landsat])
    rain = draw_rain(days, seed)
    for moment, moisture in iterate_soil_moisture(landscape, rain, moments, seed):
        if moment in landsat:
            scene = write_landsat(folder, landscape, moment, moisture, seed)
            items["landsat-c2-l1"].append(scene)
        else:
            scene = write_top_of_atmosphere(folder, landscape, moment, moisture, seed)
            items["sentinel-2-l1c"].append(scene)
    items["esa-worldcover"].append(_write_land_cover(folder, landscape))
    for collection in _HEIGHTS:
        items[collection].append(_write_heights(folder, landscape, collection))


def _write_land_cover(folder: Path, landscape: Landscape) -> pystac.Item:
    name = f"ESA_WorldCover_10m_2021_v200_{landscape.area.tile}"
    path = folder / "esa-worldcover" / name / "map.tif"
    geobox = write_land_cover(path, landscape)
    item = make_item(
        name,
        _STATIC_DATE,
        footprint=compute_footprint(geobox),
        geobox=geobox,
        properties={"esa_worldcover:product_version": "2.0.0"},
    )
    add_asset(item, "map", path, {"data_type": "uint8", "nodata": 0})
    return item


def _write_heights(folder: Path, landscape: Landscape, collection: str) -> pystac.Item:
    """Whole metres; ALOS has none in the upper left quarter of the area, as under its clouds."""
    heights, geobox = sample_elevation(landscape)
    nothing = _HEIGHTS[collection]
    stored = np.rint(heights).astype(np.int16)
    if collection == "alos-dem":
        stored[: stored.shape[0] // 2, : stored.shape[1] // 2] = nothing
    name = f"{collection}-{landscape.area.tile}"
    path = folder / collection / name / "data.tif"
    write_cog(path, stored, geobox, nothing)
    item = make_item(
        name,
        _STATIC_DATE,
        footprint=compute_footprint(geobox),
        geobox=geobox,
        properties={"gsd": 30},
    )
    add_asset(item, "data", path, {"data_type": "int16", "nodata": nothing, "unit": "m"})
    return item


def _write_files(
    folder: Path,
    landscapes: list[Landscape],
    days: int,
    seed: int,
    leave_out: Collection[str],
) -> None:
    lonlats = [compute_lonlat(one.area.block) for one in landscapes]
    region = (
        min(float(lon.min()) for lon, _ in lonlats),
        min(float(lat.min()) for _, lat in lonlats),
        max(float(lon.max()) for lon, _ in lonlats),
        max(float(lat.max()) for _, lat in lonlats),
    )
    rain = draw_rain(days, seed)

    def write_indices(place: Path) -> None:
        write_vegetation(place, landscapes, days, "13A2", "1_km")
        write_vegetation(folder / QUARTER_KM, landscapes, days, "13Q1", "250m")

    writers: dict[str, Callable[[Path], object]] = {
        "era5_land": lambda place: write_era5_land(place, region, days, rain),
        "gldas": lambda place: write_gldas(place, region, days, rain),
        "smap": lambda place: write_smap(place, region, days, draw_rain(days + 5, seed)),
        "modis_lai": lambda place: write_lai(place, landscapes, days),
        "modis_vegetation": write_indices,
        "soil": lambda place: write_soil_map(place, landscapes),
    }
    for key, write in writers.items():
        if key not in leave_out:
            write(folder / FOLDERS[key])
