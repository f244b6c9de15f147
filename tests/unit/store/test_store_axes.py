"""What the axes of a file are follows from what is written of them, never from their order."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from smmap.spec.errors import SceneError
from smmap.store.open_cube import open_cube

LATITUDES, LONGITUDES = 52 - 0.1 * np.arange(4), 3 + 0.1 * np.arange(6)
NORTH = {"standard_name": "latitude", "units": "degrees_north"}
EAST = {"standard_name": "longitude", "units": "degrees_east"}
TRUTH = np.arange(24.0).reshape(4, 6)


def write(path, rows, columns, *, turned=False, described=True):
    dims, values = ((columns, rows), TRUTH.T) if turned else ((rows, columns), TRUTH)
    data = xr.Dataset(
        {"swvl1": (dims, values)},
        coords={
            rows: (rows, LATITUDES, NORTH if described else {}),
            columns: (columns, LONGITUDES, EAST if described else {}),
        },
    )
    data.to_netcdf(path, engine="h5netcdf")
    return str(path)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    "rows, columns, described",
    [
        ("latitude", "longitude", False),
        ("Latitude", "Longitude", False),
        ("LAT", "LON", False),
        ("y", "x", True),
        ("nav_lat", "nav_lon", True),
        ("dim_0", "dim_1", True),
    ],
)
def test_axes_are_told_by_what_is_said_of_them(rows, columns, described, turned, tmp_path):
    path = write(tmp_path / "a.nc", rows, columns, turned=turned, described=described)
    cube = open_cube(path, "swvl1", "netcdf")
    assert cube.crs == "EPSG:4326"
    assert cube.transform * (0.5, 0.5) == pytest.approx((3.0, 52.0))
    found = cube.read(slice(None), slice(None), slice(None), None)
    np.testing.assert_array_equal(found[0], TRUTH)


@pytest.mark.parametrize("rows, columns", [("Y1", "X1"), ("north", "east"), ("rlat", "rlon")])
def test_axes_of_which_nothing_is_said_are_refused(rows, columns, tmp_path):
    path = write(tmp_path / "a.nc", rows, columns, described=False)
    with pytest.raises(SceneError, match=r"a\.nc: 'swvl1' has axes .* nothing says"):
        open_cube(path, "swvl1", "netcdf")


def test_a_rotated_pole_is_no_latitude(tmp_path, monkeypatch):
    monkeypatch.setitem(NORTH, "standard_name", "grid_latitude")
    monkeypatch.setitem(EAST, "standard_name", "grid_longitude")
    path = write(tmp_path / "a.nc", "latitude", "longitude")
    with pytest.raises(SceneError, match="nothing says"):
        open_cube(path, "swvl1", "netcdf")
