"""Where on Earth a block's pixels are, and how far apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Proj

from smmap.grid.reproject import get_transformer
from smmap.spec.tile import Block

_SEMI_MAJOR_M = 6_378_137.0
_ECCENTRICITY_2 = 0.00669437999014
"""WGS 84, NIMA TR8350.2."""


def compute_lonlat(block: Block) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude of every pixel centre, degrees, each (h, w)."""
    return compute_lonlat_at(
        block,
        np.arange(block.row, block.row + block.height, dtype=np.float64),
        np.arange(block.col, block.col + block.width, dtype=np.float64),
    )


def compute_lonlat_at(
    block: Block, rows: NDArray[np.float64], cols: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same at counts of the grid's rows (h,) and columns (w,): whole at pixel centres."""
    across, down = np.broadcast_arrays(block.find_xs(cols)[None, :], block.find_ys(rows)[:, None])
    if CRS.from_user_input(str(block.geobox.crs)).is_geographic:
        return across, down
    transformer = get_transformer(str(block.geobox.crs), "EPSG:4326")
    lon, lat = transformer.transform(across, down)
    return np.asarray(lon), np.asarray(lat)


def compute_spacing(block: Block) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ground distance between pixel centres, metres: down the rows and across, each (h,).

    Taken row by row at the middle column of the block's grid; on the grids of smmap the map's
    scale does not change along a row by more than 0.1 %.
    """
    affine, crs = block.geobox.affine, CRS.from_user_input(str(block.geobox.crs))
    ys = block.ys()
    middle = np.full_like(ys, affine.c + affine.a * float(block.geobox.shape[1]) / 2)
    if crs.is_geographic:
        latitude = np.radians(ys)
        bend = 1 - _ECCENTRICITY_2 * np.sin(latitude) ** 2
        meridional = _SEMI_MAJOR_M * (1 - _ECCENTRICITY_2) / bend**1.5
        parallel = _SEMI_MAJOR_M / np.sqrt(bend) * np.cos(latitude)
        return meridional * np.radians(abs(affine.e)), parallel * np.radians(abs(affine.a))
    lon, lat = get_transformer(str(block.geobox.crs), "EPSG:4326").transform(middle, ys)
    factors = Proj(crs).get_factors(lon, lat)
    return (
        abs(affine.e) / np.asarray(factors.meridional_scale),
        abs(affine.a) / np.asarray(factors.parallel_scale),
    )
