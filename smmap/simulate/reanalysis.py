"""Writes ERA5-Land and GLDAS of the simulated weather as the archives serve them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import xarray as xr

from smmap.features.array import Doubles
from smmap.simulate.climate import Climate
from smmap.simulate.orbits import START
from smmap.simulate.weather import Rain

ERA5_LAND_DEG = 0.1
"""Its pixels, whose centres lie on whole multiples."""
GLDAS_DEG = 0.25
"""Its pixels, whose edges lie on whole multiples."""

_DAYS_BEFORE = 8
_HOUR = timedelta(hours=1)
Region = tuple[float, float, float, float]


def write_era5_land(folder: Path, region: Region, days: int, rain: Sequence[Rain]) -> None:
    """Hourly, a NetCDF file as the Climate Data Store makes it, from 8 days before the start.

    Parameters
    ----------
    folder
        To write ``data_stream-oper.nc`` into.
    region
        West, south, east, north, degrees; at least so much is covered.
    days
        Of the world.
    rain
        Its events.
    """
    west, south, east, north = (round(side / ERA5_LAND_DEG) for side in region)
    lons = np.arange(west - 3, east + 4) * ERA5_LAND_DEG
    lats = np.arange(north + 3, south - 4, -1) * ERA5_LAND_DEG
    climate = Climate(rain, *np.meshgrid(lons, lats))
    first = START - timedelta(days=_DAYS_BEFORE)
    hours = [first + one * _HOUR for one in range(24 * (days + _DAYS_BEFORE))]
    fields = {
        "swvl1": np.stack(list(climate.iterate_soil_moisture(hours))),
        "stl1": np.stack([climate.compute_soil_temperature(one) for one in hours]),
        "t2m": np.stack([climate.compute_air_temperature(one) for one in hours]),
        "tp": np.stack([climate.compute_amounts(_get_midnight(one), one) for one in hours]),
        **dict.fromkeys(("sde", "snowc"), np.zeros((len(hours), *climate.lon.shape))),
    }
    times = np.array([one.replace(tzinfo=None) for one in hours], "datetime64[ns]")
    axes = {"valid_time": times, "latitude": lats.round(1), "longitude": lons.round(1)}
    _write(folder / "data_stream-oper.nc", fields, axes, expver=["0001"] * len(hours))


def write_gldas(folder: Path, region: Region, days: int, rain: Sequence[Rain]) -> None:
    """Three-hourly, a NetCDF file each, from a day before the start; parameters as above."""
    folder.mkdir(parents=True, exist_ok=True)
    west, south, east, north = (round(side / GLDAS_DEG) for side in region)
    lons = (np.arange(west - 3, east + 3) + 0.5) * GLDAS_DEG
    lats = (np.arange(south - 3, north + 3) + 0.5) * GLDAS_DEG
    climate = Climate(rain, *np.meshgrid(lons, lats))
    times = [START + 3 * one * _HOUR for one in range(-8, 8 * days)]
    for moment, moisture in zip(times, climate.iterate_soil_moisture(times), strict=True):
        fields = {  # kg/m2 in 10 cm
            "SoilMoi0_10cm_inst": 100 * moisture[None],
            "SoilTMP0_10cm_inst": climate.compute_soil_temperature(moment)[None],
        }
        time = np.array([moment.replace(tzinfo=None)], "datetime64[ns]")
        name = f"GLDAS_NOAH025_3H.A{moment:%Y%m%d.%H%M}.021.nc4"
        _write(folder / name, fields, {"time": time, "lat": lats, "lon": lons})


def _get_midnight(moment: datetime) -> datetime:
    """Since when amounts are counted: those at 00 UTC since the midnight before."""
    return (moment - timedelta(seconds=1)).replace(hour=0, minute=0, second=0)


def _write(
    path: Path,
    fields: dict[str, Doubles],
    axes: dict[str, np.ndarray],
    expver: list[str] | None = None,
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = xr.Dataset(
        {name: (tuple(axes), values.astype(np.float32)) for name, values in fields.items()}, axes
    )
    if expver is not None:
        data = data.assign_coords(expver=(next(iter(axes)), expver))
    data.to_netcdf(path, engine="h5netcdf", encoding={name: {"zlib": True} for name in fields})
