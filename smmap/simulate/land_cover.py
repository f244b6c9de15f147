"""The map of land cover of an area as ESA WorldCover serves it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from odc.geo.geobox import GeoBox

from smmap.features.array import Bools
from smmap.simulate.coarse_grid import CoarseGrid
from smmap.simulate.landscape import Landscape
from smmap.simulate.raster import write_cog

TREES, CROPLAND, WATER = 10, 40, 80
"""Classes of WorldCover."""
PIXELS_PER_DEGREE = 12_000
"""WorldCover's."""
_FOREST_NDVI = 0.82


def write_land_cover(path: Path, landscape: Landscape) -> GeoBox:
    """Write the classes of an area; the grid they are on."""
    grid = CoarseGrid.around([landscape.area.block], "EPSG:4326", 1 / PIXELS_PER_DEGREE)
    water, trees = (_find(grid, one) for one in (landscape.water, landscape.ndvi > _FOREST_NDVI))
    classes = np.where(water, WATER, np.where(trees, TREES, CROPLAND))
    write_cog(path, np.where(grid.known, classes, 0).astype(np.uint8), grid.geobox, 0)
    return grid.geobox


def _find(grid: CoarseGrid, there: Bools) -> Bools:
    """Pixels that are mostly so."""
    return grid.compute_means([there.astype(np.float64)]) >= 0.5
