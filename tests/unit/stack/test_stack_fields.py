"""Coarse sources onto a block, whatever holds them, against scipy and analytic fields."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr
from affine import Affine
from coarse_days import MOMENT, NEAREST, SINUSOIDAL, SIZE, START, find_lonlat, make_hours, read_join
from odc.geo.geobox import GeoBox
from scipy.interpolate import RegularGridInterpolator

from smmap.grid.cells import compute_cells, compute_transform
from smmap.spec.tile import Block
from smmap.stack import series
from smmap.stack.fields import FieldBlock
from smmap.stack.read_meter import meter_reads


def test_against_scipy_and_equal_bits_from_every_format(tmp_path, tile, make_days):
    data = make_hours()
    data["swvl1"][40:46, 3:9, 4:12] = np.nan
    data.to_netcdf(tmp_path / "four.nc", engine="h5netcdf")
    data.to_netcdf(tmp_path / "classic.nc", engine="scipy", format="NETCDF3_64BIT")
    data.to_zarr(tmp_path / "store.zarr", zarr_format=2, consolidated=True)
    data.to_zarr(tmp_path / "plain.zarr", zarr_format=3, consolidated=False)
    data.isel(latitude=slice(None, None, -1)).to_netcdf(tmp_path / "ascending.nc")
    data.assign_coords(longitude=data.longitude % 360).to_netcdf(tmp_path / "east.nc")
    files = ["four.nc", "classic.nc", "store.zarr", "plain.zarr", "ascending.nc", "east.nc"]
    block = Block.whole(tile)
    results = []
    for file in files:
        reader = "zarr" if file.endswith("zarr") else "netcdf"
        scenes = make_days(tmp_path / file, reader)
        rule = read_join(rule="mean", days_before=1)
        results.append(FieldBlock(block).load(scenes, "soil_moisture", rule, MOMENT))
    for one in results[1:4]:
        np.testing.assert_array_equal(one, results[0])
    for one in results[4:]:
        np.testing.assert_allclose(one, results[0], rtol=1e-6)
    # The mean over 16:55 .. 17:25 of the day before, then whole hours, then until 17:25.
    weights = np.zeros(72)
    weights[17:42] = 1.0
    weights[17], weights[41] = 5 / 60, 55 / 60
    values = data["swvl1"].to_numpy().astype(float)
    known = np.isfinite(values) * weights[:, None, None]
    expected = np.nansum(values * weights[:, None, None], axis=0) / known.sum(axis=0)
    lon, lat = find_lonlat(block)
    axes = (data.latitude.to_numpy()[::-1], data.longitude.to_numpy())
    truth = RegularGridInterpolator(axes, expected[::-1])(np.stack([lat, lon], axis=-1))
    np.testing.assert_allclose(results[0], truth, rtol=2e-5)


def test_every_cut_gives_the_same_bits(tmp_path, tile, make_days):
    make_hours().to_netcdf(tmp_path / "a.nc")
    scenes = make_days(tmp_path / "a.nc")
    whole = Block.whole(tile)
    shared = FieldBlock(whole)
    full = shared.load(scenes, "soil_moisture", NEAREST, MOMENT)
    assert np.isfinite(full).all()
    for size in (170, 333):
        for part in whole.split(size):
            expected = full[part.within(whole)]
            alone = FieldBlock(part).load(scenes, "soil_moisture", NEAREST, MOMENT)
            np.testing.assert_array_equal(alone, expected)
            again = shared.load(scenes, "soil_moisture", NEAREST, MOMENT, part)
            np.testing.assert_array_equal(again, expected)


def test_threads_share_a_block_and_a_small_memory_changes_nothing(tmp_path, tile, make_days):
    make_hours().to_netcdf(tmp_path / "a.nc")
    scenes, whole = make_days(tmp_path / "a.nc"), Block.whole(tile)
    moments = [MOMENT + timedelta(hours=hour) for hour in range(6)]
    alone = [FieldBlock(whole).load(scenes, "soil_moisture", NEAREST, one) for one in moments]
    tight = FieldBlock(whole, kept_bytes=1000)
    with ThreadPoolExecutor(4) as pool:
        together = list(
            pool.map(lambda one: tight.load(scenes, "soil_moisture", NEAREST, one), moments * 2)
        )
    for one, two in zip(together, alone * 2, strict=True):
        np.testing.assert_array_equal(one, two)


def test_many_blocks_at_once_read_one_file(tmp_path, tile, make_days):
    make_hours().to_netcdf(tmp_path / "a.nc")
    scenes, whole = make_days(tmp_path / "a.nc"), Block.whole(tile)
    full = FieldBlock(whole).load(scenes, "soil_moisture", NEAREST, MOMENT)
    parts = whole.split(200)
    with ThreadPoolExecutor(6) as pool:
        found = pool.map(
            lambda one: FieldBlock(one).load(scenes, "soil_moisture", NEAREST, MOMENT), parts
        )
        for part, values in zip(parts, found, strict=True):
            np.testing.assert_array_equal(values, full[part.within(whole)])


@pytest.mark.parametrize("rule", ["mean", "spline", "median"])
def test_series_are_joined_in_strips_with_the_same_bits(
    tmp_path, tile, make_days, monkeypatch, rule
):
    data = make_hours()
    data["swvl1"] = data["swvl1"].where(data["swvl1"] > 0.2)
    data.to_netcdf(tmp_path / "a.nc")
    scenes, join = make_days(tmp_path / "a.nc"), read_join(rule=rule, days_before=2, days_after=2)
    whole = FieldBlock(Block.whole(tile)).load(scenes, "soil_moisture", join, MOMENT)
    monkeypatch.setattr(series, "_STRIP_BYTES", 1)  # a row at a time
    strips = FieldBlock(Block.whole(tile)).load(scenes, "soil_moisture", join, MOMENT)
    np.testing.assert_array_equal(strips, whole)


def test_a_scene_is_read_once_for_all_overpasses(tmp_path, tile, make_days):
    make_hours().to_netcdf(tmp_path / "a.nc")
    scenes, fields = make_days(tmp_path / "a.nc"), FieldBlock(Block.whole(tile))
    with meter_reads() as first:
        fields.load(scenes[:2], "soil_moisture", NEAREST, MOMENT)
    with meter_reads() as second:
        fields.load(scenes, "soil_moisture", NEAREST, MOMENT + timedelta(hours=9))
    with meter_reads() as third:
        fields.load(scenes, "soil_moisture", NEAREST, MOMENT + timedelta(hours=11))
    assert first.bytes == 2 * second.bytes > 0
    assert third.bytes == 0


def test_no_edge_of_a_cell_shows(tmp_path, tile, make_days):
    make_hours(seed=3).to_netcdf(tmp_path / "a.nc")
    block = Block.whole(tile)
    field = FieldBlock(block).load(make_days(tmp_path / "a.nc"), "soil_moisture", NEAREST, MOMENT)
    lon, lat = find_lonlat(block)
    for axis, degrees in ((0, lat), (1, lon)):
        steps = np.abs(np.diff(field.astype(float), axis=axis))
        edge = np.diff(np.floor((degrees + 0.05) * 10), axis=axis) != 0
        # Neighbouring cells differ by up to 1; 100 m are a 75th of a cell and more.
        assert edge.sum() > 1000
        assert steps[edge].max() <= steps[~edge].max() < 0.02


def test_sea_carries_no_weight_and_stays_sea(tmp_path, tile, make_days):
    data = make_hours()
    data["swvl1"][:] = 0.25
    data["swvl1"][:, 8:12, 10:14] = np.nan
    data.to_netcdf(tmp_path / "a.nc")
    block = Block.whole(tile)
    field = FieldBlock(block).load(make_days(tmp_path / "a.nc"), "soil_moisture", NEAREST, MOMENT)
    lon, lat = find_lonlat(block)
    row, col = np.round((47 - lat) * 10), np.round((lon - 9) * 10)
    sea = (row >= 8) & (row < 12) & (col >= 10) & (col < 14)
    assert 0 < sea.sum() < sea.size
    np.testing.assert_array_equal(field, np.where(sea, np.nan, np.float32(0.25)))


@pytest.mark.parametrize(
    "zone, left, first", [(31, 166_000, 0.0), (60, 800_000, -180.0), (1, 160_000, 0.0)]
)
def test_longitudes_close_around_the_globe(tmp_path, make_days, zone, left, first):
    """A field that is smooth around the globe is so on a tile over the end of the file's axis."""
    lats = np.round(np.arange(1.0, -1.01, -0.1), 1)
    lons = np.round(first + 0.1 * np.arange(3600), 1)
    wave = 0.5 + 0.3 * np.cos(np.radians(lons))[None, None] + 0.1 * lats[None, :, None]
    data = xr.Dataset(
        {"swvl1": (("valid_time", "latitude", "longitude"), np.repeat(wave, 24, axis=0))},
        coords={
            "valid_time": START + np.arange(24) * np.timedelta64(1, "h"),
            "latitude": lats,
            "longitude": lons,
        },
    )
    data.to_netcdf(tmp_path / "globe.nc")
    tile = GeoBox((64, 800), Affine(100, 0, left - 30_000, 0, -100, 50_000), f"EPSG:326{zone:02}")
    block = Block.whole(tile)
    scenes = make_days(tmp_path / "globe.nc", days=1)
    moment = datetime(2023, 5, 2, 17, tzinfo=UTC)
    with meter_reads() as meter:
        field = FieldBlock(block).load(scenes, "soil_moisture", NEAREST, moment)
    lon, lat = find_lonlat(block)
    np.testing.assert_allclose(field, 0.5 + 0.3 * np.cos(np.radians(lon)) + 0.1 * lat, atol=1e-5)
    assert np.ptp(lon % 360 if first == -180 else lon) < 2 or zone == 1
    assert meter.bytes < 24 * 8 * 15 * 15  # a small part of the globe


def test_cells_do_not_depend_on_the_digits_of_the_first_file(tile):
    block = Block.whole(tile)
    one = compute_cells(SINUSOIDAL, Affine(SIZE, 0, -20015109.354, 0, -SIZE, 5559752.598), block)
    two = compute_cells(
        SINUSOIDAL, Affine(463.31271653, 0, 1111950.519667, 0, -463.31271653, 5559752.598333), block
    )
    assert one == two
    tiles = [
        one.locate(SINUSOIDAL, Affine(size, 0, left, 0, -size, 5559752.598), (2400, 2400))
        for size, left in ((SIZE, 0.0), (463.31271653, 1111950.519667))
    ]
    assert (tiles[1][0] - tiles[0][0], tiles[1][1] - tiles[0][1]) == (0, 2400)


def test_transform_over_the_end_of_the_longitudes():
    ys = np.array([1.0, 0.9])
    place = compute_transform(np.array([359.8, 359.9, 0.0, 0.1]), ys, "EPSG:4326")
    np.testing.assert_allclose([place.a, place.c, place.e, place.f], [0.1, 359.75, -0.1, 1.05])
