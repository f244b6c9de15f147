"""Writes the elevation of a continent in tiles of a degree."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pystac

from smmap.simulate.continent import Continent
from smmap.simulate.raster import write_cog
from smmap.simulate.region import Region
from smmap.simulate.snapped import snap_block
from smmap.simulate.stac import add_asset, compute_footprint, make_item

_DATE = datetime(2021, 4, 22, tzinfo=UTC)
_BAND = {"data_type": "float32", "unit": "m"}
_DEGREE_M = 111_320


def write_elevation(folder: Path, continent: Continent, region: Region) -> Iterator[pystac.Item]:
    """Write the tiles of a region and those around it, but for the open sea; one item each."""
    west, south, east, north = region
    pixel = 1 / round(_DEGREE_M / continent.pixel_m)
    for lon in range(math.floor(west) - 1, math.ceil(east) + 1):
        for lat in range(math.floor(south) - 1, math.ceil(north) + 1):
            block = snap_block((lon, lat, lon + 1, lat + 1), "EPSG:4326", pixel)
            patch = continent.cut(block, continent.offset)
            if patch is None:
                continue
            name = f"cop-dem-{'SN'[lat >= 0]}{abs(lat):02d}-{'WE'[lon >= 0]}{abs(lon):03d}"
            path = folder / "cop-dem-glo-30" / name / "data.tif"
            geobox = block.to_geobox()
            write_cog(path, patch.elevation.astype(np.float32), geobox, np.nan)
            item = make_item(
                name,
                _DATE,
                footprint=compute_footprint(geobox),
                geobox=geobox,
                properties={"gsd": continent.pixel_m},
            )
            add_asset(item, "data", path, _BAND)
            yield item
