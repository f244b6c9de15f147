"""Days of a coarse source in memory, and how tests look at them."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import xarray as xr
from pydantic import TypeAdapter
from pyproj import Transformer

from smmap.spec.join import Join

MOMENT = datetime(2023, 5, 3, 17, 25, tzinfo=UTC)
SINUSOIDAL = "+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs"
SIZE = 463.312716527778
START = np.datetime64("2023-05-02T00:00:00", "ns")


def read_join(**options):
    return TypeAdapter(Join).validate_python(options)


NEAREST = read_join(rule="nearest", days_before=1)


def find_lonlat(block):
    xs, ys = np.meshgrid(block.xs(), block.ys())
    return Transformer.from_crs(str(block.geobox.crs), 4326, always_xy=True).transform(xs, ys)


def make_hours(hours=72, seed=0, west=9.0, north=47.0, shape=(21, 31)):
    """Two to three days of 0.1 degree data in memory."""
    rng = np.random.default_rng(seed)
    return xr.Dataset(
        {"swvl1": (("valid_time", "latitude", "longitude"), rng.random((hours, *shape), "f4"))},
        coords={
            "valid_time": START + np.arange(hours) * np.timedelta64(1, "h"),
            "latitude": np.round(north - 0.1 * np.arange(shape[0]), 1),
            "longitude": np.round(west + 0.1 * np.arange(shape[1]), 1),
        },
    )
