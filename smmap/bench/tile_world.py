"""A simulated overpass without a cloud, and the same one with clouds over most of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import rasterio
from odc.geo.geobox import GeoBox

from smmap.simulate.raster import write_cog
from smmap.simulate.world import simulate_world

DAYS = 3
"""One overpass, one optical scene, elevation."""
WORLDS = ("clear", "cloudy")
"""Folders, each with a ``catalog.json``."""
_VEGETATION, _CLOUD = 4, 9
_PATCH = 8
"""Pixels of the class file along a cloud's side."""


def make_worlds(folder: Path, size: int, share: float) -> None:
    """Two worlds of ``size`` x ``size`` pixels of 10 m, in folders named as in ``WORLDS``.

    Parameters
    ----------
    share
        Of the second one's ground that is free of clouds, in patches all over it.
    """
    clear, cloudy = (folder / name for name in WORLDS)
    simulate_world(clear, days=DAYS, size=size)
    _classify(clear, 1.0)
    shutil.copytree(clear, cloudy)
    _classify(cloudy, share)


def _classify(world: Path, share: float) -> None:
    """Write every class file anew: vegetation on that share of the patches, clouds elsewhere."""
    for path in world.glob("sentinel-2-l2a/*/scl.tif"):
        with rasterio.open(path) as file:
            shape, geobox = file.shape, GeoBox(file.shape, file.transform, str(file.crs))
        rows, cols = (-(-side // _PATCH) for side in shape)
        order = np.random.default_rng(7).permutation(rows * cols).reshape(rows, cols)
        clear = np.kron(order < share * rows * cols, np.ones((_PATCH, _PATCH), bool))
        classes = np.where(clear[: shape[0], : shape[1]], _VEGETATION, _CLOUD)
        write_cog(path, classes.astype(np.uint8), geobox, 0)
