"""A little of ERA5-Land over the small world, with numbers that tests know."""

from __future__ import annotations

import numpy as np
import xarray as xr

RAIN_M_A_DAY = 0.012
FIRST = np.datetime64("2023-05-30", "ns")
"""Two days before the first overpass, which is on 2023-06-01 at 6 UTC."""


def compute_moisture(lon, lat, hour):
    return 0.1 + 0.02 * (lon - 5.0) + 0.03 * (lat - 51.0) + 0.001 * hour


def write_era5_land(folder, *, version="0001", more=0.0, soil_k=285.0, snow_m=0.0, days=4):
    """Hourly ERA5-Land around the small world, as the CDS has it; a version or one of each day."""
    folder.mkdir(exist_ok=True)
    versions = [version] * days if isinstance(version, str) else version
    lats = np.round(52.0 - 0.1 * np.arange(21), 1)
    lons = np.round(4.0 + 0.1 * np.arange(31), 1)
    hours = np.arange(24 * days)
    at = hours[:, None, None]
    moisture = compute_moisture(lons[None, None, :], lats[None, :, None], at) + more
    rain = np.where(at % 24 == 0, 24, at % 24) / 24 * RAIN_M_A_DAY + 0 * moisture
    fields = {
        "swvl1": moisture,
        "stl1": soil_k + 0 * moisture,
        "sde": snow_m + 0 * moisture,
        "tp": rain,
    }
    data = xr.Dataset(
        {
            name: (("valid_time", "latitude", "longitude"), values.astype("f4"))
            for name, values in fields.items()
        },
        coords={
            "valid_time": FIRST + hours * np.timedelta64(1, "h"),
            "latitude": lats,
            "longitude": lons,
        },
    ).assign_coords(expver=("valid_time", np.repeat(versions, 24)))
    data.to_netcdf(folder / "part", engine="h5netcdf")
    (folder / "part").replace(folder / "data.nc")
    return folder
