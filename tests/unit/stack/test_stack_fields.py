"""Coarse sources onto a block, whatever holds them, against scipy and analytic fields."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox
from pydantic import TypeAdapter
from pyproj import Transformer
from scipy.interpolate import RegularGridInterpolator

from smmap.grid.cells import compute_cells, compute_transform
from smmap.spec.band import Band
from smmap.spec.errors import ConfigError, SceneError
from smmap.spec.join import Join
from smmap.spec.tile import Block
from smmap.stack import series
from smmap.stack.fields import FieldBlock
from smmap.stack.read_meter import meter_reads

MOMENT = datetime(2023, 5, 3, 17, 25, tzinfo=UTC)
START = np.datetime64("2023-05-02T00:00:00", "ns")
SINUSOIDAL = "+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs"
SIZE = 463.312716527778


def read_join(**options):
    return TypeAdapter(Join).validate_python(options)


NEAREST = read_join(rule="nearest", days_before=1)


@pytest.fixture(scope="module")
def tile():
    """600 x 700 pixels of 100 m: some 5 x 8 cells of 0.1 degrees, near 10.6 E 45.8 N."""
    return GeoBox((600, 700), Affine(100, 0, 590_000, 0, -100, 5_100_000), "EPSG:32632")


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


@pytest.fixture
def make_days(make_definition, make_scene):
    """Scenes of the days of a file, as the kinds without STAC give them."""

    def make(href, reader="netcdf", days=3, variable="swvl1", bands=None, **changes):
        content = {"assets": [variable], "units": "m3 m-3", **(bands or {})}
        definition = make_definition(
            "era5-land", bands={"soil_moisture": content}, resolution=11132, **changes
        )
        band = Band("soil_moisture", str(href), "m3 m-3", reader=reader, variable=variable)
        moments = [datetime(2023, 5, 2 + day, 12, tzinfo=UTC) for day in range(days)]
        return [
            make_scene(
                f"day-{one:%Y%m%d}", {"soil_moisture": band}, definition=definition, datetime=one
            )
            for one in moments
        ]

    return make


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


def test_accumulated_amounts_become_rates_across_days(tmp_path, tile, make_days):
    hourly = np.random.default_rng(1).random(72) * 0.002
    sums = [hourly[(h - 1) // 24 * 24 : h].sum() if h else 0.0 for h in range(72)]
    data = make_hours()
    data["swvl1"][:] = np.array(sums, "f4")[:, None, None]
    data.to_netcdf(tmp_path / "a.nc")
    scenes = make_days(tmp_path / "a.nc", bands={"accumulated": "from 00 UTC"})
    block = Block(tile, 0, 0, 2, 3)
    rule = read_join(rule="mean", days_before=1)
    moment = datetime(2023, 5, 4, 6, tzinfo=UTC)
    field = FieldBlock(block).load(scenes, "soil_moisture", rule, moment)
    np.testing.assert_allclose(field, hourly[30:54].sum(), rtol=1e-5)
    daily = FieldBlock(block).load(scenes, "soil_moisture", read_join(rule="day-mean"), MOMENT)
    np.testing.assert_allclose(daily, hourly[24:48].sum(), rtol=1e-5)
    data["swvl1"][:] = np.array(hourly, "f4")[:, None, None]
    data.to_netcdf(tmp_path / "b.nc")
    wrong = make_days(tmp_path / "b.nc", bands={"accumulated": "from 00 UTC"})
    with pytest.raises(SceneError, match="not accumulated") as caught:
        FieldBlock(block).load(wrong, "soil_moisture", rule, moment)
    assert caught.value.scene == "day-20230502"


@pytest.mark.parametrize(
    "stated, bands", [("%", None), ("kg m**-2", {"accumulated": "from 00 UTC"})]
)
def test_a_files_own_units_count(stated, bands, tmp_path, tile, make_days):
    data = make_hours()
    data["swvl1"].attrs["units"] = stated
    data.to_netcdf(tmp_path / "a.nc")
    scenes = make_days(tmp_path / "a.nc", bands=bands)
    with pytest.raises(SceneError, match=r"is in '.*', but is read as 'm3 m-3'") as caught:
        FieldBlock(Block(tile, 0, 0, 2, 3)).load(scenes, "soil_moisture", NEAREST, MOMENT)
    assert caught.value.scene == "day-20230502"


def test_packed_values_are_unpacked_once(tmp_path, tile, make_days):
    data = make_hours()
    packing = {"dtype": "int16", "scale_factor": 1e-4, "add_offset": 0.5, "_FillValue": -32767}
    data.to_netcdf(tmp_path / "a.nc", encoding={"swvl1": packing})
    data.to_netcdf(tmp_path / "plain.nc")
    one, two = (
        FieldBlock(Block.whole(tile)).load(
            make_days(tmp_path / name), "soil_moisture", NEAREST, MOMENT
        )
        for name in ("a.nc", "plain.nc")
    )
    np.testing.assert_allclose(one, two, atol=6e-5)


def test_missing_hours_are_nan_and_missing_days_cost_their_scene(tmp_path, tile, make_days):
    data = make_hours()
    data.isel(valid_time=[*range(38), *range(44, 72)]).to_netcdf(tmp_path / "a.nc")
    block = Block(tile, 0, 0, 2, 2)
    hour = read_join(rule="nearest", days_before=0.05)
    scenes = make_days(tmp_path / "a.nc", days=4)
    field = FieldBlock(block).load(scenes[:3], "soil_moisture", hour, MOMENT)
    assert np.isnan(field).all()
    with pytest.raises(SceneError, match="holds nothing of 2023-05-05") as caught:
        FieldBlock(block).load(scenes, "soil_moisture", hour, MOMENT)
    assert caught.value.scene == "day-20230505"
    assert np.isnan(FieldBlock(block).load([], "soil_moisture", hour, MOMENT)).all()


def test_another_grid_is_refused_by_the_name_of_the_scene(tmp_path, tile, make_days):
    make_hours().to_netcdf(tmp_path / "a.nc")
    shifted = make_hours()
    shifted.assign_coords(latitude=shifted.latitude + 0.03).to_netcdf(tmp_path / "b.nc")
    scenes = [*make_days(tmp_path / "a.nc")[:1], *make_days(tmp_path / "b.nc")[1:2]]
    with pytest.raises(SceneError, match=r"b\.nc: its pixels .* are not those") as caught:
        FieldBlock(Block.whole(tile)).load(scenes, "soil_moisture", NEAREST, MOMENT)
    assert caught.value.scene == "day-20230503"


def test_what_changes_with_time_needs_a_rule(tmp_path, tile, make_days):
    make_hours().to_netcdf(tmp_path / "a.nc")
    with pytest.raises(ConfigError, match="name a 'join'"):
        FieldBlock(Block.whole(tile)).load(
            make_days(tmp_path / "a.nc"), "soil_moisture", None, MOMENT
        )


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"latitude": lambda one: one + 60}, "axes are swapped"),
        ({"longitude": lambda one: one**2}, "not evenly spaced"),
        ({"valid_time": lambda one: one[::-1]}, "times that do not increase"),
    ],
)
def test_damaged_axes_are_refused(tmp_path, tile, make_days, changes, words):
    data = make_hours()
    data = data.assign_coords({k: (k, f(data[k].to_numpy())) for k, f in changes.items()})
    data.to_netcdf(tmp_path / "a.nc")
    with pytest.raises(SceneError, match=words):
        FieldBlock(Block.whole(tile)).load(
            make_days(tmp_path / "a.nc"), "soil_moisture", NEAREST, MOMENT
        )


@pytest.fixture
def make_composites(tmp_path, write_tif, make_definition, make_scene):
    """Leaf area index in two tiles of the sinusoidal grid, with quality bits."""

    def make(values, quality, split, moment=MOMENT, name="a"):
        definition = make_definition(
            "modis-lai",
            bands={
                "lai": {"assets": ["Lai_500m"], "units": "1", "scale": 0.1, "nodata": 255},
                "quality": {"assets": ["qc"], "units": "bits", "resampling": "nearest"},
            },
            valid=[
                {"band": "lai", "at_most": 10.0},
                {"band": "quality", "bits": [{"first": 0, "values": [0]}]},
            ],
        )
        place = Affine(SIZE, 0, 1680 * SIZE, 0, -SIZE, 11054 * SIZE)
        scenes = []
        for side, cols in (("west", slice(0, split)), ("east", slice(split, None))):
            bands = {}
            for key, stored, more in (("lai", values, {}), ("quality", quality, {})):
                corner = place * Affine.translation(cols.start, 0)
                file = tmp_path / f"{name}-{split}-{side}-{key}.tif"
                href = write_tif(file, stored[:, cols], transform=corner, crs=SINUSOIDAL, **more)
                settled = definition.bands[key]
                bands[key] = Band(
                    key, href, settled.units, settled.scale, nodata=settled.nodata,
                    resampling=settled.resampling,
                )  # fmt: skip
            if stored[:, cols].size:
                scenes.append(
                    make_scene(f"{name}-{side}", bands, definition=definition, datetime=moment)
                )
        return scenes

    return make


def test_tiles_of_the_sinusoidal_grid_join_and_quality_decides(make_composites, tile):
    rng = np.random.default_rng(5)
    values = rng.integers(0, 100, (260, 300)).astype(np.uint8)
    values[rng.random(values.shape) < 0.1] = 253
    quality = (rng.random(values.shape) < 0.2).astype(np.uint8)
    block = Block.whole(tile)
    fields = [
        FieldBlock(block).load(make_composites(values, quality, split), "lai", NEAREST, MOMENT)
        for split in (90, 155)
    ]
    np.testing.assert_array_equal(fields[0], fields[1])
    good = np.where((values <= 100) & (quality == 0), values * 0.1, np.nan)
    lon, lat = find_lonlat(block)
    x, y = Transformer.from_crs(4326, SINUSOIDAL, always_xy=True).transform(lon, lat)
    col, row = x / SIZE - 1680, 11054 - y / SIZE
    assert (col > 0).all()
    assert (row > 0).all()
    held = good[np.floor(row).astype(int), np.floor(col).astype(int)]
    on_edge = (abs(row - np.round(row)) < 1e-5) | (abs(col - np.round(col)) < 1e-5)
    np.testing.assert_array_equal(np.isnan(fields[0])[~on_edge], np.isnan(held)[~on_edge])
    top, left = np.floor(row - 0.5).astype(int), np.floor(col - 0.5).astype(int)
    total, weight = np.zeros(row.shape), np.zeros(row.shape)
    for down, across in ((0, 0), (0, 1), (1, 0), (1, 1)):
        share = (1 - abs(row - 0.5 - top - down)) * (1 - abs(col - 0.5 - left - across))
        one = good[top + down, left + across]
        total += np.where(np.isfinite(one), share * one, 0)
        weight += np.where(np.isfinite(one), share, 0)
    with np.errstate(invalid="ignore"):
        expected = np.where(np.isfinite(held), total / weight, np.nan)
    np.testing.assert_allclose(fields[0][~on_edge], expected[~on_edge], rtol=1e-4, atol=1e-5)


def test_of_a_composite_made_twice_the_later_one_counts(make_composites, tile):
    level = np.full((260, 300), 20, np.uint8)
    good = np.zeros_like(level)
    scenes = [
        *make_composites(level, good, 150, MOMENT, "MCD15A3H.A2023121.061.2023140000000"),
        *make_composites(level + 20, good, 150, MOMENT, "MCD15A3H.A2023121.061.2023126000000"),
    ]
    block = Block.whole(tile)
    for order in (scenes, scenes[::-1]):
        field = FieldBlock(block).load(order, "lai", NEAREST, MOMENT)
        np.testing.assert_array_equal(field, np.float32(2.0))


def test_two_satellites_are_two_steps(make_composites, tile):
    level = np.full((260, 300), 20, np.uint8)
    good = np.zeros_like(level)
    earlier = MOMENT - timedelta(days=4)
    scenes = [
        *make_composites(level, good, 150, earlier, "terra"),
        *make_composites(level + 20, good, 150, MOMENT + timedelta(days=4), "aqua"),
    ]
    rule = read_join(rule="spline", days_before=10, days_after=10)
    field = FieldBlock(Block.whole(tile)).load(scenes, "lai", rule, MOMENT)
    np.testing.assert_allclose(field, 3.0, rtol=1e-6)


def test_larger_map_pixels_are_the_mean_of_several_points(make_composites):
    coarse = GeoBox((30, 35), Affine(2000, 0, 590_000, 0, -2000, 5_100_000), "EPSG:32632")
    values = np.random.default_rng(6).integers(0, 100, (260, 300)).astype(np.uint8)
    scenes = make_composites(values, np.zeros_like(values), 150)
    field = FieldBlock(Block.whole(coarse)).load(scenes, "lai", NEAREST, MOMENT)
    # 2000 m are 4.4 cells: 5 x 5 points a pixel.
    fine = Block.whole(coarse.zoom_to((150, 175)))
    points = FieldBlock(fine).load(scenes, "lai", NEAREST, MOMENT)
    expected = points.reshape(30, 5, 35, 5).mean(axis=(1, 3))
    np.testing.assert_allclose(field, expected, rtol=1e-5)


def test_static_scenes_fill_what_the_first_leaves_open(
    tmp_path, write_tif, tile, make_scene, make_definition
):
    definition = make_definition(
        "soil", static=True, bands={"sand": {"assets": ["sand"], "units": "%"}}
    )
    place = Affine(250, 0, 580_000, 0, -250, 5_110_000)
    first = np.full((400, 450), 30.0, np.float32)
    first[:, :200] = np.nan
    scenes = [
        make_scene(
            name,
            {"sand": write_tif(tmp_path / f"{name}.tif", values, transform=place)},
            definition=definition,
        )
        for name, values in (("z", first), ("a", np.full((400, 450), 60, np.float32)))
    ]
    field = FieldBlock(Block.whole(tile)).load(scenes, "sand", None, MOMENT)
    assert set(field[:, :350].ravel()) == {60}
    assert set(field[:, 450:].ravel()) == {30}


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
