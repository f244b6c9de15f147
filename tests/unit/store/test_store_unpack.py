"""Packed values by hand; h5netcdf's own masking as the second opinion."""

from __future__ import annotations

import numpy as np
import xarray as xr

from smmap.store.open_cube import open_cube
from smmap.store.unpack import unpack


def test_by_hand():
    stored = np.array([0, 10, -32767, 7], np.int16)
    packing = {"scale_factor": np.array([0.5]), "add_offset": 100.0, "_FillValue": -32767}
    np.testing.assert_array_equal(unpack(stored, packing, None), [100, 105, np.nan, 103.5])
    np.testing.assert_array_equal(unpack(stored, packing, 7.0), [100, 105, np.nan, np.nan])


def test_fill_values_that_nobody_declared():
    stored = np.array([1.0, 9.969209968386869e36, np.nan, np.inf, -9999.0], np.float32)
    np.testing.assert_array_equal(unpack(stored, {}, None), [1, np.nan, np.nan, np.nan, -9999])
    several = {"missing_value": np.array([-9999.0, 1.0], np.float32)}
    assert np.isnan(unpack(stored, several, None)).all()


def test_numbers_without_a_sign_in_a_format_that_knows_none():
    """-30536 is 35000 and -1 is 65535: 16 bits either way."""
    stored = np.array([-30536, 200, -1], np.int16)
    packing = {"_Unsigned": "true", "scale_factor": 1e-5, "_FillValue": np.int16(-1)}
    np.testing.assert_allclose(unpack(stored, packing, None), [0.35, 0.002, np.nan])
    np.testing.assert_allclose(unpack(stored, packing, 200.0), [0.35, np.nan, np.nan])


def test_against_xarray_on_a_file(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(280, 10, (24, 5, 6))
    values[rng.random(values.shape) < 0.2] = np.nan
    data = xr.Dataset(
        {"t2m": (("valid_time", "latitude", "longitude"), values)},
        coords={
            "valid_time": np.datetime64("2023-04-01", "ns")
            + np.arange(24) * np.timedelta64(1, "h"),
            "latitude": np.round(50 - 0.1 * np.arange(5), 1),
            "longitude": np.round(10 + 0.1 * np.arange(6), 1),
        },
    )
    packing = {"dtype": "int16", "scale_factor": 0.002, "add_offset": 280.0, "_FillValue": -32768}
    data.to_netcdf(tmp_path / "a.nc", encoding={"t2m": packing})
    cube = open_cube(str(tmp_path / "a.nc"), "t2m", "netcdf")
    found = cube.read(slice(2, 9), slice(1, 4), slice(0, 6), None)
    with xr.open_dataset(tmp_path / "a.nc", engine="h5netcdf") as opened:
        expected = opened["t2m"].to_numpy()[2:9, 1:4]
    np.testing.assert_allclose(found, expected, rtol=1e-7)
    assert np.isnan(found).any()
