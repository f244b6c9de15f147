"""Writes SMAP soil moisture of the simulated weather as NSIDC serves it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import h5py
import numpy as np

from smmap.grid.reproject import get_transformer
from smmap.simulate.climate import Climate
from smmap.simulate.orbits import START
from smmap.simulate.weather import Rain

GROUP = "Soil_Moisture_Retrieval_Data_AM"
"""The morning passes."""
SHAPE, PIXEL_M = (1624, 3856), 9008.055210146
"""EASE-Grid 2.0 of 9 km, EPSG:6933 (Brodzik et al. 2012, DOI 10.3390/ijgi1010032)."""
LEFT_M, TOP_M = -17367530.4451615, 7314540.8306386
"""Its corner."""

_DAYS_AROUND = 5
_CHUNKS = (203, 241)
_BAD_EVERY = 4


def write_smap(
    folder: Path, region: tuple[float, float, float, float], days: int, rain: Sequence[Rain]
) -> None:
    """A HDF5 file a day, from 5 days before to 5 after the world; every fourth not recommended.

    Parameters are as of `smmap.simulate.reanalysis.write_era5_land`. The grid is the whole
    Earth's; only around the region are there values.
    """
    folder.mkdir(parents=True, exist_ok=True)
    west, south, east, north = region
    to_metres = get_transformer("EPSG:4326", "EPSG:6933")
    (left, right), (bottom, top) = to_metres.transform([west, east], [south, north])
    cols = np.arange(int((left - LEFT_M) // PIXEL_M) - 3, int((right - LEFT_M) // PIXEL_M) + 4)
    rows = np.arange(int((TOP_M - top) // PIXEL_M) - 3, int((TOP_M - bottom) // PIXEL_M) + 4)
    xs, ys = np.meshgrid(LEFT_M + (cols + 0.5) * PIXEL_M, TOP_M - (rows + 0.5) * PIXEL_M)
    climate = Climate(rain, *get_transformer("EPSG:6933", "EPSG:4326").transform(xs, ys))
    noons = [START + timedelta(days=day, hours=12) for day in range(-_DAYS_AROUND, days + 5)]
    window = np.s_[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    for number, moisture in enumerate(climate.iterate_soil_moisture(noons)):
        bad = number % _BAD_EVERY == 1
        values = np.full(moisture.shape, 0.02) if bad else moisture
        path = folder / f"SMAP_L3_SM_P_E_{noons[number]:%Y%m%d}_R19240_001.h5"
        with h5py.File(path, "w", track_order=True) as file:
            group = file.create_group(GROUP)
            _put(group, "soil_moisture", values.astype(np.float32), np.float32(-9999), window)
            flags = np.full(moisture.shape, 7 if bad else 0, np.uint16)
            _put(group, "retrieval_qual_flag", flags, np.uint16(65534), window)


def _put(
    group: h5py.Group,
    name: str,
    values: np.ndarray,
    nothing: np.generic,
    window: tuple[slice, slice],
) -> None:
    dataset = group.create_dataset(
        name, SHAPE, values.dtype, chunks=_CHUNKS, compression="lzf", fillvalue=nothing
    )
    dataset.attrs["_FillValue"] = nothing
    dataset[window] = values
