"""Writes MODIS leaf area index and vegetation indices as AppEEARS serves them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smmap.simulate.coarse_grid import CoarseGrid
from smmap.simulate.landscape import Landscape
from smmap.simulate.orbits import START, count_days
from smmap.simulate.raster import write_raster
from smmap.simulate.season import compute_lai, compute_yearly_evi, compute_yearly_ndvi

SINUSOIDAL = "+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs"
"""MODIS's grid."""
PIXEL_M = 926.625433055833
"""Of its 1 km pixels; the finer ones are halves and quarters."""

_YEAR_DAYS, _SEASON_DAYS, _AFTER_DAYS = 372, 80, 32
_CLOUDY_EVERY = 7
_CLOUDY_QC, _CLOUDY = 8, 3


def write_lai(folder: Path, landscapes: Sequence[Landscape], days: int) -> None:
    """MCD15A3H: 500 m, 4 days, a year back; every seventh cloudy, lower and flagged."""
    grid = _open_grid(landscapes, PIXEL_M / 2)
    for number, start in enumerate(_list_starts(days, _YEAR_DAYS, 4, 1)):
        cloudy = number % _CLOUDY_EVERY == 2
        middle = count_days(start) + 2
        lai = grid.compute_means(
            [compute_lai(compute_yearly_ndvi(one, middle)) for one in landscapes]
        )
        stored = _store(lai * 10, cloudy, 255).astype(np.uint8)
        quality = np.full(stored.shape, _CLOUDY_QC if cloudy else 0, np.uint8)
        for asset, values in (("Lai_500m", stored), ("FparLai_QC", quality)):
            name = f"MCD15A3H.061_{asset}_doy{start:%Y%j}000000_aid0001.tif"
            write_raster(folder / name, values, grid.geobox, 255)


def write_vegetation(
    folder: Path, landscapes: Sequence[Landscape], days: int, product: str, size: str
) -> None:
    """NDVI, EVI and reliability of 16 days, of Terra and Aqua 8 days apart.

    Parameters
    ----------
    product
        ``13A2``, of a year back, or ``13Q1``, of a season.
    size
        As in its names: ``1_km`` or ``250m``.
    """
    pixel, back = (PIXEL_M, _YEAR_DAYS) if size == "1_km" else (PIXEL_M / 4, _SEASON_DAYS)
    grid = _open_grid(landscapes, pixel)
    for satellite, first in (("MOD", 1), ("MYD", 9)):
        for number, start in enumerate(_list_starts(days, back, 16, first)):
            cloudy = number % _CLOUDY_EVERY == 3
            middle = count_days(start) + 8
            ndvi = [compute_yearly_ndvi(one, middle) for one in landscapes]
            evi = [compute_yearly_evi(*pair) for pair in zip(landscapes, ndvi, strict=True)]
            layers = {
                "NDVI": _store(grid.compute_means(ndvi) * 1e4, cloudy, -3000),
                "EVI": _store(grid.compute_means(evi) * 1e4, cloudy, -3000),
            }
            layers["pixel_reliability"] = np.full(grid.known.shape, _CLOUDY if cloudy else 0)
            for name, values in layers.items():
                stem = f"{satellite}{product}.061__{size}_16_days_{name}"
                path = folder / f"{stem}_doy{start:%Y%j}000000_aid0001.tif"
                write_raster(path, values.astype(np.int16), grid.geobox, -3000)


def _open_grid(landscapes: Sequence[Landscape], pixel: float) -> CoarseGrid:
    return CoarseGrid.around([one.area.block for one in landscapes], SINUSOIDAL, pixel)


def _list_starts(days: int, back: int, step: int, first: int) -> Iterator[datetime]:
    """First days of the composites around the world; they begin anew each January."""
    for year in range(START.year - 1, START.year + 1 + days // 365 + 1):
        for day in range(first - 1, 365, step):
            start = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day)
            if -back <= count_days(start) < days + _AFTER_DAYS:
                yield start


def _store(values: NDArray[np.float64], cloudy: bool, nothing: int) -> NDArray[np.int64]:  # noqa: FBT001
    """As integers; clouds halve them."""
    seen = values / 2 if cloudy else values
    return np.where(np.isfinite(seen), np.rint(seen), nothing).astype(np.int64)
