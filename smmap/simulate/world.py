"""A small simulated world: scenes as a provider serves them, and the truth beside them."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pystac
from pystac.utils import datetime_to_str

from smmap.simulate.area import Area, list_areas
from smmap.simulate.elevation import sample_elevation
from smmap.simulate.landscape import Landscape, draw_landscape
from smmap.simulate.optical_scene import write_optical
from smmap.simulate.orbits import START, TRACKS, Pass, list_optical_dates, list_passes
from smmap.simulate.radar_scene import write_radar
from smmap.simulate.raster import write_cog
from smmap.simulate.replace import replace_world
from smmap.simulate.stac import add_asset, compute_footprint, make_item, write_catalog
from smmap.simulate.swath import compute_view
from smmap.simulate.weather import draw_rain, iterate_soil_moisture
from smmap.spec.errors import ConfigError
from smmap.spec.period import Period

logger = logging.getLogger(__name__)

TRUTH = "truth"
"""Folder of the true soil moisture, which the catalogue does not mention; key of its list."""
TRUTH_LIST = "truth.json"
"""Lists the files there, each with its overpass and tile."""
FEWEST_DAYS = 3
"""Until both radar and optics have passed once."""

_DEM_DATE = datetime(2021, 4, 22, tzinfo=UTC)
_DEM_BAND = {"data_type": "float32", "unit": "m"}
_Items = dict[str, list[pystac.Item]]


@dataclass(frozen=True)
class WorldSummary:
    """What was simulated."""

    folder: Path
    """Holds ``catalog.json`` and ``truth/``."""
    tiles: tuple[str, ...]
    """Ids of the utm-10m tiles with an area, in order."""
    period: Period
    """All scenes lie within."""
    radar_scenes: int
    """Items of sentinel-1-grd."""
    optical_scenes: int
    """Items of sentinel-2-l2a."""


def simulate_world(
    out: Path, *, tiles: int = 1, days: int = 12, seed: int = 0, size: int = 512
) -> WorldSummary:
    """Simulate land, weather and satellites, and write what a provider would serve.

    The same numbers give the same bytes; more days or more tiles leave the scenes of the others
    as they are.

    Parameters
    ----------
    out
        Folder to make. One that holds an earlier simulated world is replaced as a whole.
    tiles
        Areas, one in each utm-10m tile.
    days
        From 2023-04-01 on, at least `FEWEST_DAYS`; radar repeats after 12.
    seed
        Of everything.
    size
        Side of an area, pixels of 10 m; even.

    Raises
    ------
    ConfigError, GridError
        If a number is out of bounds.
    StoreError
        If ``out`` holds something else, or cannot be written.
    """
    if days < FEWEST_DAYS or seed < 0:
        raise ConfigError(
            f"{days} days, seed {seed}: choose at least {FEWEST_DAYS} days and seed 0"
        )
    areas = list_areas(tiles, size)
    out = out.resolve()
    with replace_world(out) as staged:
        items = _write_world(staged, areas, days, seed)
    return WorldSummary(
        folder=out,
        tiles=tuple(area.tile for area in areas),
        period=Period(START, START + timedelta(days=days)),
        radar_scenes=len(items["sentinel-1-grd"]),
        optical_scenes=len(items["sentinel-2-l2a"]),
    )


def _write_world(folder: Path, areas: list[Area], days: int, seed: int) -> _Items:
    items: _Items = {"sentinel-1-grd": [], "sentinel-2-l2a": [], "cop-dem-glo-30": []}
    truth: list[dict[str, Any]] = []
    for area in areas:
        logger.info("simulating %d days over tile %s", days, area.tile)
        _write_area(
            folder, draw_landscape(area, seed), days=days, seed=seed, items=items, truth=truth
        )
    write_catalog(folder, items)
    text = json.dumps({"units": "m3 m-3", "depth_m": [0, 0.05], TRUTH: truth}, indent=2)
    (folder / TRUTH / TRUTH_LIST).write_text(f"{text}\n")
    return items


def _write_area(
    folder: Path,
    landscape: Landscape,
    *,
    days: int,
    seed: int,
    items: _Items,
    truth: list[dict[str, Any]],
) -> None:
    items["cop-dem-glo-30"].append(_write_elevation(folder, landscape))
    views = {track: compute_view(landscape.area, track) for track in TRACKS}
    passes = {one.datetime: one for one in list_passes(days)}
    moments = sorted([*passes, *list_optical_dates(days)])
    rain = draw_rain(days, seed)
    for moment, moisture in iterate_soil_moisture(landscape, rain, moments, seed):
        one = passes.get(moment)
        if one is None:
            scene = write_optical(folder, landscape, moment, moisture, seed)
            items["sentinel-2-l2a"].append(scene)
            continue
        items["sentinel-1-grd"] += write_radar(
            folder, landscape, views[one.track], one, soil_moisture=moisture, seed=seed
        )
        truth.append(_write_truth(folder, landscape, one, moisture))


def _write_truth(
    folder: Path, landscape: Landscape, one: Pass, moisture: np.ndarray
) -> dict[str, Any]:
    tile = landscape.area.tile
    name = f"soil-moisture-{one.datetime:%Y%m%dT%H%M%SZ}-{tile}.tif"
    land = np.where(landscape.water, np.nan, moisture).astype(np.float32)
    write_cog(folder / TRUTH / name, land, landscape.area.block.to_geobox(), np.nan)
    return {
        "href": name,
        "datetime": datetime_to_str(one.datetime),
        "tile": tile,
        "relative_orbit": one.track.relative_orbit,
        "absolute_orbit": one.absolute_orbit,
    }


def _write_elevation(folder: Path, landscape: Landscape) -> pystac.Item:
    heights, geobox = sample_elevation(landscape)
    name = f"cop-dem-glo-30-{landscape.area.tile}"
    path = folder / "cop-dem-glo-30" / name / "data.tif"
    write_cog(path, heights, geobox, np.nan)
    item = make_item(
        name,
        _DEM_DATE,
        footprint=compute_footprint(geobox),
        geobox=geobox,
        properties={"gsd": 30},
    )
    add_asset(item, "data", path, _DEM_BAND)
    return item
