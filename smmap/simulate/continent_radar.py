"""Writes a slice of Sentinel-1 over a continent: pixels, and the item that describes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pystac
from rasterio.features import geometry_mask

from smmap.features.incidence import compute_incidence
from smmap.features.looks import compute_effective_looks
from smmap.features.water_cloud import BAGHDADI2017
from smmap.grid.ground import compute_lonlat
from smmap.grid.reproject import reproject_geometry
from smmap.simulate.area import PIXEL_M
from smmap.simulate.continent import Continent, Field
from smmap.simulate.radar import compute_sigma0
from smmap.simulate.radar_scene import BAND, EXTENSIONS, describe_product
from smmap.simulate.raster import write_cog
from smmap.simulate.slices import SLICE_TIME, Slice
from smmap.simulate.snapped import snap_block
from smmap.simulate.speckle import LOOKS, RESOLUTION_M
from smmap.simulate.stac import add_asset, make_item
from smmap.simulate.stream import open_stream
from smmap.simulate.swath import View


def compute_looks(pixel_m: float) -> float:
    """Equivalent looks of a pixel that is the mean of so many of IW GRD."""
    return compute_effective_looks(LOOKS, 1, round(pixel_m / PIXEL_M), PIXEL_M, RESOLUTION_M)


def write_slice(
    folder: Path, continent: Continent, one: Slice, soil_moisture: Field, seed: int
) -> pystac.Item | None:
    """Write one slice into ``folder``, on the UTM zone of its middle; None if it sees no land."""
    middle = one.outline.centroid
    crs = f"EPSG:{(32600 if middle.y >= 0 else 32700) + int((middle.x + 180) // 6) + 1}"
    outline = reproject_geometry(one.outline, "EPSG:4326", crs)
    block = snap_block(outline.bounds, crs, continent.pixel_m)
    patch = continent.cut(block, soil_moisture)
    geobox = block.to_geobox()
    seen = ~geometry_mask([outline], block.shape, geobox.affine)
    if patch is None or not (seen & patch.inside & ~patch.water).any():
        return None
    angle = compute_incidence(
        *compute_lonlat(block), orbit_state=one.orbit_state, relative_orbit=one.relative_orbit
    )
    view, looks = View.of(angle), compute_looks(continent.pixel_m)
    rng = open_stream(seed, "continent speckle", one.absolute_orbit, one.start.second)
    name = f"S1A_IW_GRDH_{one.start:%Y%m%dT%H%M%S}_{one.absolute_orbit:06d}"
    item = make_item(
        name,
        one.start + SLICE_TIME / 2,
        footprint=one.outline,
        geobox=geobox,
        properties={
            **describe_product(
                one.start + SLICE_TIME / 2, (continent.pixel_m, continent.pixel_m), round(looks)
            ),
            "sat:orbit_state": one.orbit_state,
            "sat:relative_orbit": one.relative_orbit,
            "sat:absolute_orbit": one.absolute_orbit,
        },
        extensions=EXTENSIONS,
    )
    for polarisation in BAGHDADI2017:
        sigma0 = compute_sigma0(patch, patch.soil_moisture, patch.ndvi, view, polarisation)
        noisy = sigma0 * rng.gamma(looks, 1 / looks, block.shape)
        values = np.where(seen & patch.inside, noisy, np.nan).astype(np.float32)
        path = folder / "sentinel-1-grd" / name / f"{polarisation}.tif"
        write_cog(path, values, geobox, np.nan)
        add_asset(item, polarisation, path, BAND)
    return item
