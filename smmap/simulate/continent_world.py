"""A simulated continent: scenes as a provider serves them, at a resolution that fits, and truth."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pystac

from smmap.simulate.continent import Continent, Field, draw_continent
from smmap.simulate.continent_elevation import write_elevation
from smmap.simulate.continent_optical import draw_clouds, write_granule
from smmap.simulate.continent_radar import write_slice
from smmap.simulate.continent_recipe import RECIPE, write_recipe
from smmap.simulate.fronts import SPIN_UP_DAYS, iterate_soil_moisture
from smmap.simulate.granules import REVISIT, Granule, list_granules
from smmap.simulate.orbits import START
from smmap.simulate.raster import write_cog
from smmap.simulate.region import EUROPE, Region, check_region
from smmap.simulate.replace import replace_world
from smmap.simulate.slices import Slice, list_slices
from smmap.simulate.stac import COLLECTIONS, write_catalog
from smmap.simulate.world import TRUTH, TRUTH_LIST
from smmap.spec.errors import ConfigError
from smmap.spec.period import Period

logger = logging.getLogger(__name__)

RESOLUTIONS_M = (500, 4000)
"""Finest and coarsest pixel."""
TRUTH_SCALE, TRUTH_NODATA = 1e-4, -32768
"""Of the stored numbers of the truth: m3/m3 = stored x 1e-4; the sea has none."""

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ContinentSummary:
    """What was simulated."""

    folder: Path
    """Holds ``catalog.json``, ``truth/`` and the recipe."""
    recipe: Path
    """What maps it."""
    period: Period
    """Days of the truth and of the radar scenes; optical scenes begin a revisit earlier."""
    shape: tuple[int, int]
    """Pixels of the truth, (rows, columns)."""
    items: dict[str, int]
    """Number of items by collection."""


def simulate_continent(
    out: Path, *, region: Region = EUROPE, days: int = 12, resolution_m: int = 1000, seed: int = 0
) -> ContinentSummary:
    """Simulate a continent's land, weather and satellites, and write what a provider would serve.

    Sentinel-1A on all its 175 orbits, cut into slices of 25 s; two Sentinel-2 satellites on
    granules of 110 km every fifth day; elevation tiles of a degree; each on the UTM zones or the
    degrees of real ones, with the pixels asked for. Scenes without land are left out. The same
    numbers give the same bytes; more days leave the scenes of the others as they are.

    Parameters
    ----------
    out
        Folder to make. One that holds an earlier simulated world is replaced as a whole.
    region
        What is seen; the ground reaches a little further.
    days
        From 2023-04-01 on; radar repeats after 12.
    resolution_m
        Pixel size of everything, metres.
    seed
        Of everything.

    Raises
    ------
    ConfigError
        If a number is out of bounds.
    StoreError
        If ``out`` holds something else, or cannot be written.
    """
    check_region(region)
    finest, coarsest = RESOLUTIONS_M
    if days < 1 or seed < 0 or not finest <= resolution_m <= coarsest:
        raise ConfigError(
            f"{days} days, {resolution_m} m, seed {seed}: choose a day or more, {finest} to "
            f"{coarsest} m, and seed 0 or more"
        )
    out = out.resolve()
    period = Period(START, START + days * _DAY)
    continent = draw_continent(region, resolution_m, seed)
    with replace_world(out) as staged:
        items = _Writer(staged, continent, region, period, seed).write()
        write_catalog(staged, items)
        write_recipe(staged, resolution_m)
    counts = {name: len(members) for name, members in items.items()}
    return ContinentSummary(out, out / RECIPE, period, continent.block.shape, counts)


class _Writer:
    """Writes the scenes of one day after the other."""

    def __init__(
        self, folder: Path, continent: Continent, region: Region, period: Period, seed: int
    ) -> None:
        self._folder, self._continent, self._seed = folder, continent, seed
        self._region, self._period = region, period
        self._items: dict[str, list[pystac.Item]] = {name: [] for name in COLLECTIONS}

    def write(self) -> dict[str, list[pystac.Item]]:
        """All scenes and the truth; the items by collection."""
        slices: dict[int, list[Slice]] = defaultdict(list)
        for one in list_slices(self._region, self._period):
            slices[(one.start - START) // _DAY].append(one)
        looks: dict[int, list[tuple[Granule, datetime]]] = defaultdict(list)
        for granule in list_granules(self._region):
            for moment in granule.list_dates(self._period.pad(REVISIT, timedelta(0))):
                looks[(moment - START) // _DAY].append((granule, moment))
        days = (self._period.end - START) // _DAY
        truth = []
        elevation = write_elevation(self._folder, self._continent, self._region)
        self._items["cop-dem-glo-30"] = list(elevation)
        for day, moisture in iterate_soil_moisture(self._continent, days, self._seed):
            logger.info("day %d: %d slices, %d granules", day, len(slices[day]), len(looks[day]))
            for one in slices[day]:
                scene = write_slice(self._folder, self._continent, one, moisture, self._seed)
                self._add("sentinel-1-grd", scene)
            self._write_optical(day, looks[day], moisture)
            if day >= 0:
                truth.append(self._write_truth(START + day * _DAY, moisture))
        facts = {"units": "m3 m-3", "depth_m": [0, 0.05], TRUTH: truth}
        (self._folder / TRUTH / TRUTH_LIST).write_text(f"{json.dumps(facts, indent=2)}\n")
        return self._items

    def _add(self, collection: str, item: pystac.Item | None) -> None:
        self._items[collection] += [] if item is None else [item]

    def _write_optical(
        self, day: int, looks: list[tuple[Granule, datetime]], moisture: Field
    ) -> None:
        if not looks:
            return
        clouds = draw_clouds(self._continent, day + SPIN_UP_DAYS, self._seed)
        for granule, moment in looks:
            scene = write_granule(
                self._folder,
                self._continent,
                granule,
                moment,
                soil_moisture=moisture,
                clouds=clouds,
            )
            self._add("sentinel-2-l2a", scene)

    def _write_truth(self, day: datetime, moisture: Field) -> dict[str, Any]:
        name = f"soil-moisture-{day:%Y%m%d}.tif"
        land = self._continent.water == 0
        stored = np.where(land, np.rint(moisture / TRUTH_SCALE), TRUTH_NODATA).astype(np.int16)
        geobox = self._continent.block.geobox
        write_cog(self._folder / TRUTH / name, stored, geobox, TRUTH_NODATA, TRUTH_SCALE)
        return {"href": name, "date": f"{day:%Y-%m-%d}"}
