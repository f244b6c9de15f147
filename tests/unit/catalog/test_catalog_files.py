"""A folder of files without STAC: names, pieces, versions, what is damaged."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import h5py
import numpy as np
import pytest
import rasterio
import xarray as xr
from affine import Affine

from smmap.catalog.bands import resolve_bands
from smmap.catalog.file_name import read_file_name
from smmap.catalog.files import FilesCatalog
from smmap.catalog.left_out import collect_left_out
from smmap.catalog.registry import open_catalog
from smmap.spec.definition import Definition
from smmap.spec.errors import CatalogError, ConfigError, EmptySearchError
from smmap.store.open_cube import open_cube

WORLD = (-180.0, -90.0, 180.0, 90.0)
SINUSOIDAL = "+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs"
SIZE = 463.312716527778


def make_definition(**changes):
    content = {
        "id": "trial",
        "title": "Trial",
        "kind": "files",
        "sensor": "era5-land",
        "collections": ["trial"],
        "bands": {"soil_moisture": {"assets": ["swvl1"], "units": "m3 m-3"}},
        "resolution": 11132,
        "latency": "none",
        "licence": "CC0-1.0",
        "attribution": "nobody",
    }
    return Definition.parse({**content, **changes}, "trial.yaml")


def make_hours(first, hours, level=0.2):
    return xr.Dataset(
        {"swvl1": (("time", "latitude", "longitude"), np.full((hours, 6, 7), level, "f4"))},
        coords={
            "time": np.datetime64(first, "ns") + np.arange(hours) * np.timedelta64(1, "h"),
            "latitude": np.round(50 - 0.1 * np.arange(6), 1),
            "longitude": np.round(10 + 0.1 * np.arange(7), 1),
        },
    )


@pytest.mark.parametrize(
    "text, start, end, key",
    [
        ("a_20230503.nc", (2023, 5, 3), (2023, 5, 3, 23, 59, 59), "_20230503"),
        ("a_2023-05-03.nc", (2023, 5, 3), (2023, 5, 3, 23, 59, 59), "_20230503"),
        ("a_2023123.nc", (2023, 5, 3), (2023, 5, 3, 23, 59, 59), "_20230503"),
    ],
)
def test_dates_of_names(text, start, end, key):
    name = read_file_name(text, make_definition(file_pattern=r"a_(?P<date>[\d-]+)\."))
    assert (name.start, name.end) == (datetime(*start, tzinfo=UTC), datetime(*end, tzinfo=UTC))
    assert name.key == key


def test_names_with_hours_pieces_and_composites():
    hourly = make_definition(file_pattern=r"A(?P<start>\d{8}\.\d{4})")
    name = read_file_name("GLDAS_NOAH025_3H.A20230503.0900.021.nc4", hourly)
    assert name.start == name.end == datetime(2023, 5, 3, 9, tzinfo=UTC)
    composite = make_definition(
        file_pattern=r"A(?P<date>\d{7})\.(?P<tile>h\d\dv\d\d).*_(?P<asset>\w+)\.tif", step_days=4
    )
    name = read_file_name("MCD15A3H.A2023121.h18v04.061_Lai.tif", composite)
    assert (name.key, name.asset) == ("_20230501_h18v04", "Lai")
    assert name.end == datetime(2023, 5, 4, 23, 59, 59, tzinfo=UTC)
    assert read_file_name("readme.tif", composite) is None


@pytest.mark.parametrize("pattern, words", [(r"(", "cannot be read"), (r"(?P<date>\d+)", "a time")])
def test_patterns_that_cannot_be_used(pattern, words):
    with pytest.raises(ConfigError, match=words):
        read_file_name("a_12.nc", make_definition(file_pattern=pattern))


def test_final_data_win_over_preliminary_and_newer_files_over_older(tmp_path):
    early = make_hours("2023-04-01", 48).assign_coords(expver=("time", ["0005"] * 48))
    final = make_hours("2023-04-01", 24).assign_coords(expver=("time", ["0001"] * 24))
    early.to_netcdf(tmp_path / "a.nc")
    final.to_netcdf(tmp_path / "b.nc")
    os.utime(tmp_path / "b.nc", (1, 1))  # older, but final
    with collect_left_out() as left_out:
        found = FilesCatalog(str(tmp_path)).search(make_definition(), WORLD, None)
    assert [item.assets["swvl1"].href[-4:] for item in found] == ["b.nc", "a.nc"]
    assert [item.properties["era5:expver"] for item in found] == ["0001", "0005"]
    assert "final or newer" in left_out[0]


@pytest.mark.parametrize("newer", ["a.nc", "b.nc"])
def test_of_two_files_of_one_version_the_newer_counts(tmp_path, newer):
    for name in ("a.nc", "b.nc"):
        make_hours("2023-04-01", 24).to_netcdf(tmp_path / name)
        os.utime(tmp_path / name, (1, 2 if name == newer else 1))
    with collect_left_out() as left_out:
        (found,) = FilesCatalog(str(tmp_path)).search(make_definition(), WORLD, None)
    assert found.assets["swvl1"].href.endswith(newer)
    assert f"is also in {tmp_path / newer}" in left_out[0]


def test_of_two_files_the_one_with_more_hours_of_a_day_counts(tmp_path):
    make_hours("2023-04-01", 24).to_netcdf(tmp_path / "whole.nc")
    make_hours("2023-04-01T20", 28).to_netcdf(tmp_path / "late.nc")
    os.utime(tmp_path / "whole.nc", (1, 1))
    with collect_left_out() as left_out:
        found = FilesCatalog(str(tmp_path)).search(make_definition(), WORLD, None)
    assert [Path(item.assets["swvl1"].href).name for item in found] == ["whole.nc", "late.nc"]
    assert [item.properties["smmap:steps"]["swvl1"] for item in found] == [24, 24]
    assert "whole.nc, which has more hours" in left_out[0]


def test_files_of_two_areas_in_one_folder_are_told(tmp_path):
    make_hours("2023-04-01", 24).to_netcdf(tmp_path / "a.nc")
    there = make_hours("2023-04-01", 24)
    there.assign_coords(longitude=there.longitude + 5).to_netcdf(tmp_path / "b.nc")
    with collect_left_out() as left_out:
        FilesCatalog(str(tmp_path)).search(make_definition(), WORLD, None)
    assert "of another area: keep files of one area in a folder of their own" in left_out[0]


@pytest.mark.parametrize("turn", [-360, 0, 360])
def test_longitudes_may_run_through_greenwich_in_any_turn(tmp_path, turn):
    data = make_hours("2023-04-01", 24)
    moved = data.longitude - data.longitude.values.mean() + turn
    data.assign_coords(longitude=moved).to_netcdf(tmp_path / "a.nc")
    (found,) = FilesCatalog(str(tmp_path)).search(make_definition(), WORLD, None)
    assert found.bbox[0] == pytest.approx(-found.bbox[2], abs=1e-6)


def test_times_with_a_zone_are_brought_to_utc(tmp_path):
    data = make_hours("2023-04-01", 24)
    hours = np.arange(24, dtype="i4")
    data = data.assign_coords(time=("time", hours, {"units": "hours since 2023-04-01 02:00+02:00"}))
    data.to_netcdf(tmp_path / "a.nc")
    (found,) = FilesCatalog(str(tmp_path)).find(make_definition(), WORLD, None)
    assert (found.start, found.end) == (
        datetime(2023, 4, 1, tzinfo=UTC),
        datetime(2023, 4, 1, 23, tzinfo=UTC),
    )


def test_the_older_way_to_hold_both_versions(tmp_path):
    """Along an axis: where one has values, the other is empty."""
    whole = make_hours("2023-04-01", 48)
    values = np.full((48, 2, 6, 7), np.nan, "f4")
    values[:24, 1], values[24:, 0] = 0.1, 0.5
    data = whole.drop_vars("swvl1").assign_coords(expver=[5, 1])
    data["swvl1"] = (("time", "expver", "latitude", "longitude"), values)
    data.to_netcdf(tmp_path / "a.nc")
    found = FilesCatalog(str(tmp_path)).search(make_definition(), WORLD, None)
    assert [item.properties["era5:expver"] for item in found] == ["0001", "0005"]
    cube = open_cube(str(tmp_path / "a.nc"), "swvl1", "netcdf")
    levels = cube.read(slice(0, 48), slice(0, 6), slice(0, 7), None)
    np.testing.assert_array_equal(levels[:24], np.float32(0.1))
    np.testing.assert_array_equal(levels[24:], 0.5)


def test_several_files_a_day_are_an_item_each(tmp_path):
    for hour in (0, 3, 21):
        data = make_hours(f"2023-04-01T{hour:02}", 1)
        data.to_netcdf(tmp_path / f"{hour}.nc")
    found = FilesCatalog(str(tmp_path)).search(make_definition(), WORLD, None)
    assert [item.id[-5:] for item in found] == ["T0000", "T0300", "T2100"]


def test_a_damaged_file_costs_itself(tmp_path):
    make_hours("2023-04-01", 24).to_netcdf(tmp_path / "a.nc")
    (tmp_path / "b.nc").write_bytes((tmp_path / "a.nc").read_bytes()[:3000])
    (tmp_path / "c.nc").write_bytes(b"")
    with collect_left_out() as left_out:
        found = FilesCatalog(str(tmp_path)).search(make_definition(), WORLD, None)
    assert [item.id for item in found] == ["trial_20230401"]
    assert sorted(one.split(":")[0][-4:] for one in left_out) == ["b.nc", "c.nc"]


def test_a_file_without_any_hour_holds_nothing(tmp_path):
    make_hours("2023-04-01", 24).to_netcdf(tmp_path / "a.nc")
    make_hours("2023-04-02", 0).to_netcdf(tmp_path / "b.nc")
    found = FilesCatalog(str(tmp_path)).search(make_definition(), WORLD, None)
    assert [item.id for item in found] == ["trial_20230401"]


def test_times_that_no_calendar_holds_cost_their_file(tmp_path):
    make_hours("2023-04-01", 24).to_netcdf(tmp_path / "a.nc")
    odd = make_hours("2023-04-02", 2).assign_coords(time=("time", [0.0, 1e30]))
    odd.time.attrs["units"] = "hours since 2023-04-02"
    odd.to_netcdf(tmp_path / "b.nc")
    with collect_left_out() as left_out:
        found = FilesCatalog(str(tmp_path)).search(make_definition(), WORLD, None)
    assert [item.id for item in found] == ["trial_20230401"]
    assert "b.nc" in left_out[0]


def test_nothing_there(tmp_path):
    with pytest.raises(CatalogError, match="there is no folder"):
        FilesCatalog(str(tmp_path / "nowhere"))
    with pytest.raises(EmptySearchError, match="file_pattern"):
        FilesCatalog(str(tmp_path)).extent(make_definition())
    with pytest.raises(CatalogError, match="no folder of this machine"):
        FilesCatalog("https://a.b/c")
    (tmp_path / "download.zip").write_bytes(b"PK")
    with pytest.raises(EmptySearchError, match=r"none of its 1 files, such as 'download\.zip'"):
        FilesCatalog(str(tmp_path)).extent(make_definition())
    with collect_left_out() as left_out:
        assert FilesCatalog(str(tmp_path)).search(make_definition(), WORLD, None) == []
    assert "unpack" in left_out[0]
    with pytest.raises(ConfigError, match="has no endpoint"):
        open_catalog(make_definition(), None)


def write_tile(path, col, row=11000, size=SIZE):
    place = Affine(size, 0, col * size, 0, -size, row * size)
    with rasterio.open(
        path, "w", driver="GTiff", width=8, height=6, count=1, dtype="uint8", crs=SINUSOIDAL,
        transform=place,
    ) as file:  # fmt: skip
        file.write(np.full((6, 8), 7, np.uint8), 1)


def test_rasters_by_date_piece_and_band(tmp_path):
    definition = make_definition(
        sensor="modis-lai",
        bands={
            "lai": {"assets": ["Lai_500m"], "units": "1", "scale": 0.1, "nodata": 255},
            "quality": {"assets": ["FparLai_QC"], "units": "bits", "resampling": "nearest"},
        },
        resolution=463.3,
        step_days=4,
        file_pattern=r"\.A(?P<date>\d{7})\.(?P<tile>h\d\dv\d\d)\..*_(?P<asset>Lai_500m|FparLai_QC)",
    )
    for day in (121, 125):
        for col in (0, 8):
            for band in ("Lai_500m", "FparLai_QC"):
                name = f"MCD15A3H.A2023{day}.h{18 + col // 8}v04.061_{band}.tif"
                write_tile(tmp_path / name, 1700 + col)
    found = FilesCatalog(str(tmp_path)).find(definition, WORLD, None)
    assert [one.id for one in found] == [
        "trial_20230501_h18v04", "trial_20230501_h19v04",
        "trial_20230505_h18v04", "trial_20230505_h19v04",
    ]  # fmt: skip
    assert found[0].middle == datetime(2023, 5, 2, 23, 59, 59, 500000, tzinfo=UTC)
    bands = resolve_bands(found[1].item, definition, ["lai", "quality"])
    assert bands["lai"].reader == "raster"
    assert bands["lai"].href.endswith("MCD15A3H.A2023121.h19v04.061_Lai_500m.tif")
    # Cells of the sinusoidal map: longitude x / (R cos(latitude)).
    latitude = np.degrees(11000 * SIZE / 6371007.181)
    west, _, _, north = found[1].footprint.bounds
    assert north == pytest.approx(latitude, abs=1e-6)
    low = np.radians(np.degrees((11000 - 6) * SIZE / 6371007.181))
    assert west == pytest.approx(np.degrees(1708 * SIZE / (6371007.181 * np.cos(low))), abs=1e-6)


def test_static_rasters_need_no_time(tmp_path):
    definition = make_definition(
        sensor="soil",
        bands={
            "sand": {"assets": ["sand_0-5cm_mean"], "units": "%", "scale": 0.1},
            "clay": {"assets": ["clay_0-5cm_mean"], "units": "%", "scale": 0.1},
        },
        resolution=250,
        static=True,
        file_pattern=r"(?P<asset>(sand|clay)_0-5cm_mean)",
    )
    for name in ("sand", "clay"):
        write_tile(tmp_path / f"{name}_0-5cm_mean.tif", 3000, size=250)
    found = FilesCatalog(str(tmp_path)).find(definition, WORLD, None)
    assert [(one.id, one.assets) for one in found] == [
        ("trial", ("clay_0-5cm_mean", "sand_0-5cm_mean"))
    ]


def test_rasters_whose_names_do_not_tell_their_band_are_refused(tmp_path):
    """Else each file would stand for every band: clay for sand."""
    bands = {
        "sand": {"assets": ["sand"], "units": "%"},
        "clay": {"assets": ["clay"], "units": "%", "index": 2},
    }
    common = {"sensor": "soil", "resolution": 250, "static": True}
    write_tile(tmp_path / "both.tif", 3000, size=250)
    definition = make_definition(bands=bands, **common)
    (found,) = FilesCatalog(str(tmp_path)).find(definition, WORLD, None)
    assert found.assets == ("clay", "sand")
    bands["clay"]["index"] = 1
    with pytest.raises(ConfigError, match="group 'asset', or each band its 'index'"):
        FilesCatalog(str(tmp_path)).find(make_definition(bands=bands, **common), WORLD, None)


def test_daily_hdf5_with_groups_and_without_axes(tmp_path):
    definition = make_definition(
        sensor="smap",
        bands={
            "soil_moisture": {
                "assets": ["Soil_Moisture_Retrieval_Data_AM/soil_moisture"],
                "units": "m3 m-3",
                "nodata": -9999,
            }
        },
        resolution=9008,
        file_pattern=r"SMAP_L3_SM_P_E_(?P<date>\d{8})_",
    )
    path = tmp_path / "SMAP_L3_SM_P_E_20230401_R19240_001.h5"
    with h5py.File(path, "w") as file:
        values = np.full((1624, 3856), -9999, "f4")
        values[500:600, 2000:2100] = 0.3
        options = {"compression": "gzip", "chunks": (203, 241)}
        file.create_dataset("Soil_Moisture_Retrieval_Data_AM/soil_moisture", data=values, **options)
    (tmp_path / "SMAP_L3_SM_P_E_20230402_R19240_001.h5").write_bytes(path.read_bytes())
    found = FilesCatalog(str(tmp_path)).find(definition, (9.0, 49.0, 10.0, 50.0), None)
    assert [one.id for one in found] == ["trial_20230401", "trial_20230402"]
    assert found[0].middle.hour in (11, 12)
    bands = resolve_bands(found[0].item, definition, ["soil_moisture"])
    assert bands["soil_moisture"].reader == "netcdf"
