"""The elevation model of an area as Copernicus DEM GLO-30 serves it."""

from __future__ import annotations

import math

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy.ndimage import gaussian_filter, map_coordinates

from smmap.grid.ground import compute_lonlat
from smmap.grid.reproject import get_transformer
from smmap.simulate.area import PIXEL_M
from smmap.simulate.landscape import Landscape
from smmap.spec.tile import Block

ARC_SECONDS_PER_DEGREE = 3600
"""Its pixels are one arc second each way."""

_MARGIN_ARC_SECONDS = 4


def sample_elevation(landscape: Landscape) -> tuple[NDArray[np.float32], GeoBox]:
    """Heights above the geoid (metres, float32) on whole arc seconds around the area."""
    area = landscape.area.block
    box = _enclose(area)
    lon, lat = compute_lonlat(Block.whole(box))
    x, y = get_transformer("EPSG:4326", str(area.geobox.crs)).transform(lon, lat)
    wide = area.pad(landscape.margin)
    columns = (np.asarray(x) - wide.xs()[0]) / PIXEL_M
    rows = (wide.ys()[0] - np.asarray(y)) / PIXEL_M
    # A pixel of 30 m is a mean over about three of 10 m.
    smooth = gaussian_filter(landscape.surroundings.elevation, 1.2, mode="nearest")
    heights = map_coordinates(smooth, [rows, columns], order=1, mode="nearest")
    return heights.astype(np.float32), box


def _enclose(area: Block) -> GeoBox:
    """Whole arc seconds, with some margin."""
    lon, lat = compute_lonlat(area)
    n, margin = ARC_SECONDS_PER_DEGREE, _MARGIN_ARC_SECONDS
    west, east = math.floor(lon.min() * n) - margin, math.ceil(lon.max() * n) + margin
    south, north = math.floor(lat.min() * n) - margin, math.ceil(lat.max() * n) + margin
    affine = Affine(1 / n, 0, west / n, 0, -1 / n, north / n)
    return GeoBox((north - south, east - west), affine, "EPSG:4326")
