"""Writes texture and bulk density as ISRIC serves SoilGrids."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from smmap.features.array import Doubles
from smmap.simulate.coarse_grid import CoarseGrid
from smmap.simulate.landscape import Landscape
from smmap.simulate.raster import write_cog

HOMOLOSINE = "ESRI:54052"
"""The interrupted Goode homolosine."""
NOTHING = -32768
"""Where there is no soil."""
_SILT_OF_THE_REST = 0.4


def compute_texture(clay: Doubles) -> dict[str, Doubles]:
    """Of the share of clay: sand, silt, clay (percent) and bulk density (g/cm3)."""
    rest = 1 - clay
    return {
        "sand": 100 * rest * (1 - _SILT_OF_THE_REST),
        "silt": 100 * rest * _SILT_OF_THE_REST,
        "clay": 100 * clay,
        "bdod": 1.6 - 0.6 * clay,
    }


def write_soil_map(folder: Path, landscapes: Sequence[Landscape]) -> None:
    """Means of 0 to 5 cm at 250 m: g/kg, and cg/cm3."""
    blocks = [one.area.block for one in landscapes]
    grid = CoarseGrid.around(blocks, HOMOLOSINE, 250.0)
    texture = compute_texture(grid.compute_means([one.clay for one in landscapes]))
    for name, values in texture.items():
        stored = np.rint(values * (100 if name == "bdod" else 10))
        stored = np.where(np.isfinite(stored), stored, NOTHING).astype(np.int16)
        write_cog(folder / f"{name}_0-5cm_mean.tif", stored, grid.geobox, NOTHING)
