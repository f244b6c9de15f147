"""Cells of EASE-Grid 2.0 that samples lie in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from smmap.grid.projected import Ease2Grid
from smmap.grid.reproject import get_transformer
from smmap.spec.errors import InsituError


def name_cells(latitude: pd.Series, longitude: pd.Series, side_km: int = 1) -> pd.Series[str]:
    """The cell of each sample, as ``c_r``: column and row counted from 0 E, 0 N.

    Stations of two names at one place, or a few metres apart, share a cell.

    Parameters
    ----------
    latitude, longitude
        Degrees.
    side_km
        1, 3, 9 and 36 are cells of the EASE-Grid 2.0 family (doi:10.3390/ijgi1010032).

    Raises
    ------
    InsituError
        If a place is not known.
    """
    missing = int((latitude.isna() | longitude.isna()).sum())
    if missing:
        raise InsituError(f"{missing} samples have no latitude or longitude: no cell can be found")
    project = get_transformer("EPSG:4326", "EPSG:6933").transform
    x, y = project(longitude.to_numpy(dtype=float), latitude.to_numpy(dtype=float))
    side_m = Ease2Grid.resolution_m * side_km
    column, row = (np.floor(values / side_m).astype(np.int64) for values in (x, y))
    names = [f"{a}_{b}" for a, b in zip(column, row, strict=True)]
    return pd.Series(names, index=latitude.index, name="cell", dtype=str)
