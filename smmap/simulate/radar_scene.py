"""Writes an overpass of Sentinel-1 as GRD scenes: pixels, and the items that describe them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import shapely
from pystac.utils import datetime_to_str
from shapely.geometry.base import BaseGeometry

from smmap.features.array import Bools, Doubles
from smmap.features.water_cloud import BAGHDADI2017, Polarisation
from smmap.simulate.landscape import Landscape
from smmap.simulate.orbits import FAR_EDGE_DEG, Pass, count_days
from smmap.simulate.radar import BORDER_NOISE, add_speckle, compute_sigma0
from smmap.simulate.raster import write_cog
from smmap.simulate.slices import SLICE_TIME
from smmap.simulate.speckle import LOOKS, RESOLUTION_M
from smmap.simulate.stac import add_asset, make_item, reproject_outline
from smmap.simulate.stream import open_stream
from smmap.simulate.swath import View, cut_slices, fray_swath
from smmap.spec.tile import Block

BAND = {"data_type": "float32", "nodata": "nan", "unit": "1"}
"""Of its assets."""
EXTENSIONS = ("sar/v1.3.0", "sat/v1.2.0", "view/v1.1.0")
"""Those that a radar item uses."""


def write_radar(
    folder: Path,
    landscape: Landscape,
    view: View,
    one: Pass,
    *,
    soil_moisture: Doubles,
    seed: int,
) -> list[pystac.Item]:
    """Write the slices of an overpass into ``folder``, in the order of flight; one item each."""
    keys = (landscape.area.index, one.absolute_orbit)
    ndvi = landscape.compute_ndvi(count_days(one.datetime))
    clean = {
        name: compute_sigma0(landscape, soil_moisture, ndvi, view, name) for name in BAGHDADI2017
    }
    sigma0 = add_speckle(clean, open_stream(seed, "speckle", *keys))
    inside = np.ones(ndvi.shape, bool)
    if view.incidence_deg.max() > FAR_EDGE_DEG:
        rng = open_stream(seed, "border", *keys)
        inside, noisy = fray_swath(view, rng)
        for power in sigma0.values():
            power[noisy] = rng.exponential(BORDER_NOISE, int(noisy.sum()))
    slices = cut_slices(view, one.track)
    first = one.datetime - SLICE_TIME * (len(slices) - 1) / 2
    return [
        _write_slice(
            folder,
            landscape,
            view,
            one,
            sigma0=sigma0,
            valid=inside & part,
            moment=first + i * SLICE_TIME,
        )
        for i, part in enumerate(slices)
    ]


def _write_slice(
    folder: Path,
    landscape: Landscape,
    view: View,
    one: Pass,
    *,
    sigma0: Mapping[Polarisation, Doubles],
    valid: Bools,
    moment: datetime,
) -> pystac.Item:
    whole = landscape.area.block
    # A slice's raster ends with the slice; the swath's edge lies within the raster, as nodata.
    block = whole if one.track.slices == 1 else _enclose(whole, valid)
    cut, geobox = block.within(whole), block.to_geobox()
    outline = _outline(block, valid[cut])
    row = int(np.abs(block.ys() - outline.centroid.y).argmin())
    column = int(np.abs(block.xs() - outline.centroid.x).argmin())
    start = moment - SLICE_TIME / 2
    name = f"S1A_IW_GRDH_{start:%Y%m%dT%H%M%S}_{one.absolute_orbit:06d}_{landscape.area.tile}"
    item = make_item(
        name,
        moment,
        footprint=reproject_outline(outline, geobox),
        geobox=geobox,
        properties={
            **describe_product(moment, RESOLUTION_M, LOOKS),
            "sat:orbit_state": one.track.orbit_state,
            "sat:relative_orbit": one.track.relative_orbit,
            "sat:absolute_orbit": one.absolute_orbit,
            "view:incidence_angle": round(float(view.incidence_deg[cut][row, column]), 4),
        },
        extensions=EXTENSIONS,
    )
    for polarisation, power in sigma0.items():
        path = folder / "sentinel-1-grd" / name / f"{polarisation}.tif"
        values = np.where(valid, power, np.nan)[cut].astype(np.float32)
        write_cog(path, values, geobox, np.nan)
        add_asset(item, polarisation, path, BAND)
    return item


def describe_product(
    moment: datetime, resolution_m: tuple[float, float], looks: float
) -> dict[str, Any]:
    """Properties of a GRD product around ``moment``; resolution in range and azimuth."""
    return {
        "platform": "sentinel-1a",
        "constellation": "sentinel-1",
        "instruments": ["c-sar"],
        "start_datetime": datetime_to_str(moment - SLICE_TIME / 2),
        "end_datetime": datetime_to_str(moment + SLICE_TIME / 2),
        "sar:instrument_mode": "IW",
        "sar:frequency_band": "C",
        "sar:center_frequency": 5.405,
        "sar:polarizations": ["VV", "VH"],
        "sar:product_type": "GRD",
        "sar:observation_direction": "right",
        "sar:resolution_range": resolution_m[0],
        "sar:resolution_azimuth": resolution_m[1],
        "sar:looks_equivalent_number": looks,
    }


def _enclose(whole: Block, valid: Bools) -> Block:
    """The smallest block that holds all valid pixels."""
    rows, columns = (np.flatnonzero(valid.any(axis=axis)) for axis in (1, 0))
    return Block(
        whole.geobox,
        whole.row + int(rows[0]),
        whole.col + int(columns[0]),
        int(rows[-1] - rows[0]) + 1,
        int(columns[-1] - columns[0]) + 1,
    )


def _outline(block: Block, valid: Bools) -> BaseGeometry:
    """Convex hull of the valid pixels, CRS units."""
    rows = np.flatnonzero(valid.any(axis=1))
    first = valid.argmax(axis=1)[rows]
    last = valid.shape[1] - 1 - valid[:, ::-1].argmax(axis=1)[rows]
    half = block.geobox.resolution.x / 2
    x, y = block.xs(), block.ys()[rows]
    across = np.concatenate([x[first] - half, x[last] + half])
    down = np.concatenate([y, y])
    corners = np.column_stack([np.tile(across, 2), np.concatenate([down - half, down + half])])
    return shapely.MultiPoint(corners).convex_hull
