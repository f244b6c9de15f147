"""Each definition of a coarse source, from its catalogue to pixels of a tile.

The files are written as the providers' documentation says that theirs are: names, axes, packing,
units, fill values. Nobody's real file is among them.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import h5py
import numpy as np
import pytest
import xarray as xr
from affine import Affine
from earth_engine_server import serve_earth_engine
from earth_engine_world import StubBand, StubImage
from loaded_fields import (
    MOMENT,
    compute_plane,
    find_lonlat,
    load_field,
    read_join,
)
from pyproj import Transformer
from stac_server import serve_stac

from smmap.catalog.definitions import list_definitions, load_definition
from smmap.catalog.earth_engine import EarthEngineCatalog
from smmap.catalog.registry import open_catalog
from smmap.spec.quantity import QUANTITIES
from smmap.spec.source import FIELDS, SENSORS

HOUR = read_join(rule="nearest", days_before=0.1, days_after=0.1)
WEEK = read_join(rule="mean", days_before=2)


def make_era5_land(names, time, west=9.0, width=41):
    """Three days as ECMWF has them: kelvin, metres since 00 UTC, 0.1 degrees."""
    lats, lons = np.round(51 - 0.1 * np.arange(21), 1), np.round(west + 0.1 * np.arange(width), 1)
    plane = compute_plane((lons[None, :] + 180) % 360 - 180, lats[:, None])
    hours = np.arange(72)[:, None, None]
    rain = np.where(hours % 24 == 0, 24, hours % 24) * plane / 24 / 100
    fields = {
        "soil_moisture": plane + 0 * hours,
        "soil_temperature": 273.15 + 40 * plane + 0 * hours,
        "air_temperature": 273.15 + 50 * plane + hours % 24,
        "precipitation": rain,
        "snow_depth": plane + 0 * hours,
        "snow_cover": 100 * plane + 0 * hours,
    }
    return xr.Dataset(
        {
            name: ((time, "latitude", "longitude"), fields[band].astype("f4"))
            for band, name in names.items()
        },
        coords={
            time: np.datetime64("2023-05-02", "ns") + np.arange(72) * np.timedelta64(1, "h"),
            "latitude": lats,
            "longitude": lons,
        },
    )


SHORT = {
    "soil_moisture": "swvl1",
    "soil_temperature": "stl1",
    "air_temperature": "t2m",
    "precipitation": "tp",
    "snow_depth": "sde",
    "snow_cover": "snowc",
}
LONG = {
    "soil_moisture": "volumetric_soil_water_layer_1",
    "soil_temperature": "soil_temperature_level_1",
    "air_temperature": "2m_temperature",
    "precipitation": "total_precipitation",
    "snow_depth": "snow_depth",
    "snow_cover": "snow_cover",
}


def write_new_cds(folder):
    data = make_era5_land(SHORT, "valid_time")
    versions = ["0001"] * 48 + ["0005"] * 24
    data = data.assign_coords(number=0, expver=("valid_time", versions))
    data.to_netcdf(folder / "data_0.nc", encoding={name: {"zlib": True} for name in SHORT.values()})


def write_old_cds(folder):
    data = make_era5_land(SHORT, "time")
    packing = {}
    for name in data:
        low, high = float(data[name].min()), float(data[name].max())
        step = (high - low) / 65000
        packing[name] = {"dtype": "int16", "scale_factor": step, "add_offset": (low + high) / 2}
        packing[name]["_FillValue"] = -32767
    data.to_netcdf(folder / "download.nc", engine="scipy", format="NETCDF3_64BIT", encoding=packing)


def write_earth_data_hub(folder):
    few = {band: SHORT[band] for band in ("soil_moisture", "precipitation")}
    east = make_era5_land(few, "valid_time", 0.0, 3600)
    east.to_zarr(folder, zarr_format=2, consolidated=True, mode="w")


def write_own_zarr(folder):
    make_era5_land(LONG, "time").to_zarr(folder, zarr_format=3, consolidated=False, mode="w")


ERA5_LAND = [
    ("cds-era5-land", write_new_cds),
    ("cds-era5-land", write_old_cds),
    ("earth-data-hub-era5-land", write_earth_data_hub),
    ("zarr-era5-land", write_own_zarr),
]


@pytest.mark.parametrize("name, write", ERA5_LAND, ids=lambda one: getattr(one, "__name__", one))
def test_era5_land_is_the_same_whoever_serves_it(tmp_path, monkeypatch, name, write):
    monkeypatch.setenv("EARTH_DATA_HUB_TOKEN", "unused for folders")
    write(tmp_path)
    lon, lat = find_lonlat()
    plane = compute_plane(lon, lat)
    day = read_join(rule="day-mean")
    expected = {
        ("soil_moisture", HOUR): plane,
        ("soil_temperature", WEEK): 40 * plane,
        ("air_temperature", HOUR): 50 * plane + 17,
        ("air_temperature", day): 50 * plane + 11.5,
        ("precipitation", day): plane / 100,
        ("precipitation", WEEK): plane / 100,
        ("snow_depth", day): plane,
        ("snow_cover", HOUR): 100 * plane,
    }
    few = ("soil_moisture", "precipitation") if write is write_earth_data_hub else SHORT
    for band, join in (one for one in expected if one[0] in few):
        truth = expected[band, join]
        field, scenes = load_field(name, tmp_path, band, join)
        np.testing.assert_allclose(field, truth, rtol=2e-4, atol=1e-6, err_msg=band)
    provisional = [scene.provisional for scene in scenes]
    assert provisional == ([False, False, True] if write is write_new_cds else [False] * 3)


def list_hours():
    """The same three days as images of Earth Engine, which has the rain of each hour."""
    names = {**LONG, "air_temperature": "temperature_2m", "precipitation": "hourly"}
    data = make_era5_land(names, "time")
    amounts = data["hourly"].values.copy()
    amounts[1:] -= np.where(np.arange(1, 72)[:, None, None] % 24 == 1, 0, amounts[:-1])
    amounts[0] = np.nan  # of the hour before the first
    data["total_precipitation_hourly"] = (data["hourly"].dims, amounts)
    place = Affine(0.1, 0, 8.95, 0, -0.1, 51.05)
    for hour in data.time.values:
        bands = {
            name: StubBand(np.ma.masked_invalid(layer.values), "EPSG:4326", place)
            for name, layer in data.drop_vars("hourly").sel(time=hour).items()
        }
        moment = str(hour.astype("datetime64[s]"))
        yield StubImage(
            f"ECMWF/ERA5_LAND/HOURLY/{moment[:13].replace('-', '')}", bands, start=f"{moment}Z"
        )


def test_era5_land_of_earth_engine_is_that_of_the_files(tmp_path, monkeypatch):
    write_new_cds(tmp_path)
    with serve_earth_engine(list_hours()) as server:
        monkeypatch.setenv("SMMAP_EARTH_ENGINE_URL", server.address)
        for band, join in [
            ("soil_moisture", HOUR),
            ("air_temperature", read_join(rule="day-mean")),
            ("precipitation", read_join(rule="day-mean")),
            ("snow_depth", HOUR),
        ]:
            files, _ = load_field("cds-era5-land", tmp_path, band, join)
            catalog = EarthEngineCatalog(server.address)
            images, scenes = load_field("earth-engine-era5-land", "", band, join, catalog)
            assert len(scenes) == 3  # days
            np.testing.assert_allclose(images, files, rtol=1e-5, atol=1e-8, err_msg=band)


def test_google_arco_era5_is_no_era5_land(tmp_path):
    """0.25 degrees, long names, axes time, latitude, longitude."""
    data = make_era5_land(LONG, "time")
    data = data.assign_coords(latitude=51 - 0.25 * np.arange(21), longitude=0.25 * np.arange(41))
    data.to_zarr(tmp_path, zarr_format=2, consolidated=True)
    with pytest.raises(Exception, match=r"0\.25 degrees.*another source"):
        load_field("zarr-era5-land", tmp_path, "soil_moisture", HOUR)


def test_a_store_over_http(tmp_path, write_stac_root):
    write_own = make_era5_land(LONG, "time")
    write_own.to_zarr(tmp_path / "store.zarr", zarr_format=2, consolidated=True)
    write_stac_root(tmp_path)
    with serve_stac(tmp_path) as address:
        definition = load_definition("zarr-era5-land")
        catalog = open_catalog(definition, f"{address}/files/store.zarr")
        remote, _ = load_field("zarr-era5-land", "", "soil_moisture", WEEK, catalog)
    local, _ = load_field("zarr-era5-land", tmp_path / "store.zarr", "soil_moisture", WEEK)
    np.testing.assert_array_equal(remote, local)


@pytest.fixture
def write_stac_root():
    def write(folder):
        root = {"type": "Catalog", "stac_version": "1.1.0", "id": "root", "description": "root"}
        (folder / "catalog.json").write_text(json.dumps({**root, "links": []}))

    return write


def test_smap_of_the_morning_where_it_is_recommended(tmp_path):
    size, left, top = 9008.055210146, -17367530.4451615, 7314540.8306386
    xs = left + size * (np.arange(3856) + 0.5)
    ys = top - size * (np.arange(1624) + 0.5)
    to_degrees = Transformer.from_crs(6933, 4326, always_xy=True)
    lons, _ = to_degrees.transform(xs, np.zeros_like(xs))
    _, lats = to_degrees.transform(np.zeros_like(ys), ys)
    for day, shift in ((2, 0.0), (4, 0.1)):
        moisture = np.clip(compute_plane(lons[None, :], lats[:, None]) + shift, 0, 0.6)
        quality = np.zeros(moisture.shape, np.uint16)
        moisture = moisture.astype("f4")
        moisture[:, ::7] = -9999
        quality[::5] = 7
        moisture[::5] = 0.59
        name = tmp_path / f"SMAP_L3_SM_P_E_202305{day:02}_R19240_001.h5"
        with h5py.File(name, "w") as file:
            group = file.create_group("Soil_Moisture_Retrieval_Data_AM")
            for key, values in (("soil_moisture", moisture), ("retrieval_qual_flag", quality)):
                part = group.create_dataset(key, data=values, chunks=(203, 241), compression="lzf")
                part.attrs["_FillValue"] = values.dtype.type(-9999 if key[0] == "s" else 65534)
    spline = read_join(rule="spline", days_before=5, days_after=5)
    field, scenes = load_field("files-smap-l3-enhanced", tmp_path, "soil_moisture", spline)
    assert [scene.id for scene in scenes] == ["SPL3SMP_E_20230502", "SPL3SMP_E_20230504"]
    lon, lat = find_lonlat()
    since = (MOMENT - datetime(2023, 5, 2, 12, tzinfo=UTC)) / timedelta(days=2)
    x, y = Transformer.from_crs(4326, 6933, always_xy=True).transform(lon, lat)
    col, row = np.floor((x - left) / size), np.floor((top - y) / size)
    known = (col % 7 != 0) & (row % 5 != 0)
    np.testing.assert_array_equal(np.isfinite(field), known)
    around = np.abs(field - (compute_plane(lon, lat) + 0.1 * since))
    assert np.nanmax(around) < 0.003  # beside gaps the nearest centres stand for it
    assert np.nanmedian(around) < 2e-4


def test_gldas_in_kilograms(tmp_path):
    lats, lons = -59.875 + 0.25 * np.arange(600), -179.875 + 0.25 * np.arange(1440)
    for hour in (15, 18):
        water = 100 * compute_plane(lons[None, :], lats[:, None]) + hour
        water = np.where(lats[:, None] > 80, -9999, water)[None].astype("f4")
        data = xr.Dataset(
            {"SoilMoi0_10cm_inst": (("time", "lat", "lon"), water)},
            coords={
                "time": [np.datetime64(f"2023-05-03T{hour}:00", "ns")],
                "lat": lats.astype("f4"),
                "lon": lons.astype("f4"),
            },
        )
        data["SoilMoi0_10cm_inst"].attrs["missing_value"] = np.float32(-9999)
        data.to_netcdf(tmp_path / f"GLDAS_NOAH025_3H.A20230503.{hour}00.021.nc4")
    past = read_join(rule="nearest", days_before=0.25)
    field, scenes = load_field("files-gldas-noah", tmp_path, "soil_moisture", past)
    assert [scene.id[-5:] for scene in scenes] == ["T1500", "T1800"]
    np.testing.assert_allclose(field, compute_plane(*find_lonlat()) + 0.15, rtol=1e-4)


def test_every_source_of_fields_has_definitions_in_its_units():
    found = [load_definition(name) for name in list_definitions()]
    for key in FIELDS:
        of_source = [one for one in found if one.sensor == SENSORS[key]]
        assert of_source, key
        for one in of_source:
            assert set(one.bands) - set(one.flag_bands) <= set(QUANTITIES), one.id
