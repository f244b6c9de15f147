"""Slices: sparse, the same bytes whatever the window, and ready to be linked into a cube."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr
import zarr
from affine import Affine
from odc.geo.geobox import GeoBox

from smmap.product.encoding import compute_group_files
from smmap.product.layers import SM, SM_QUALITY
from smmap.sinks.zarr_slice import write_slice
from smmap.spec.errors import StoreError
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Block

TILE = GeoBox((5000, 4200), Affine(10, 0, 600000, 0, -10, 5600000), "EPSG:32631")
MOMENT = datetime(2023, 4, 2, 5, 40, 23, tzinfo=UTC)
OVERPASS = Overpass("o", "sentinel-1a", "ascending", 37, MOMENT, ())
DEPTH = (0.0, 0.05)


def write(path, packed, area, overpass=OVERPASS):
    write_slice(path, packed, area, overpass, depth_m=DEPTH, attributes={"title": "t"})


def make_values(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 5000, shape).astype(np.int16)


def read_files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    "row, col, height, width", [(1900, 2000, 300, 200), (4900, 4100, 100, 100), (0, 0, 1, 1)]
)
def test_window_lies_where_it_should(tmp_path, row, col, height, width):
    values = make_values((height, width))
    write(tmp_path / "s", {SM: values}, Block(TILE, row, col, height, width))
    stored = zarr.open_array(tmp_path / "s" / "sm", mode="r")[0]
    expected = np.full((5000, 4200), SM.fill, np.int16)
    expected[row : row + height, col : col + width] = values
    assert np.array_equal(stored, expected)


def test_only_shards_with_pixels_are_written(tmp_path):
    values = np.full((3000, 3000), SM.fill, np.int16)
    values[2500, 100] = 1234
    write(tmp_path / "s", {SM: values}, Block(TILE, 0, 0, 3000, 3000))
    shards = [str(path.relative_to(tmp_path / "s")) for path in tmp_path.glob("s/sm/c/*/*/*")]
    assert shards == ["sm/c/0/1/0"]
    # One chunk of 512 x 512 is nearly all fill, and the others are not in the file.
    assert (tmp_path / "s" / "sm/c/0/1/0").stat().st_size < 2000


def test_bytes_do_not_depend_on_the_window(tmp_path):
    values = make_values((700, 800))
    wide = np.full((2600, 2700), SM.fill, np.int16)
    wide[100:800, 50:850] = values
    write(tmp_path / "tight", {SM: values}, Block(TILE, 1600, 1550, 700, 800))
    write(tmp_path / "wide", {SM: wide}, Block(TILE, 1500, 1500, 2600, 2700))
    assert read_files(tmp_path / "tight") == read_files(tmp_path / "wide")


@pytest.mark.parametrize("shape", [(300, 200), (512, 512), (1024, 700), (2049, 513)])
def test_tiles_of_any_size(tmp_path, shape):
    geobox = GeoBox(shape, TILE.affine, "EPSG:32631")
    values = make_values(shape)
    write(tmp_path / "s", {SM: values}, Block.whole(geobox))
    assert np.array_equal(zarr.open_array(tmp_path / "s" / "sm", mode="r")[0], values)


def test_linked_shards_make_a_cube(tmp_path):
    later = Overpass("p", "sentinel-1b", "descending", 110, MOMENT + timedelta(days=1), ())
    area = Block(TILE, 1900, 1000, 400, 300)
    slices = [make_values((400, 300), seed) for seed in (1, 2)]
    flags = np.full((400, 300), 8, np.uint16)
    for name, values, overpass in zip("ab", slices, (OVERPASS, later), strict=True):
        write(tmp_path / name, {SM: values, SM_QUALITY: flags}, area, overpass)
    cube = tmp_path / "cube"
    files = compute_group_files([SM, SM_QUALITY], TILE, [OVERPASS, later], DEPTH, {})
    for name, data in files.items():
        (cube / name).parent.mkdir(parents=True, exist_ok=True)
        (cube / name).write_bytes(data)
    for step, name in enumerate("ab"):
        for shard in tmp_path.glob(f"{name}/*/c/0/*/*"):
            layer, _, _, row, column = shard.relative_to(tmp_path / name).parts
            target = cube / layer / "c" / str(step) / row / column
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(shard, target)
    dataset = xr.open_zarr(cube, chunks=None, mask_and_scale=False)
    for step, values in enumerate(slices):
        assert np.array_equal(dataset.sm[step, 1900:2300, 1000:1300].values, values)
    assert int((dataset.sm_quality == 8).sum()) == 2 * flags.size
    assert dataset.relative_orbit.values.tolist() == [37, 110]


def test_xarray_places_pixels_on_the_ground(tmp_path):
    values = make_values((10, 10))
    write(tmp_path / "s", {SM: values}, Block(TILE, 100, 200, 10, 10))
    dataset = xr.open_zarr(tmp_path / "s", chunks=None)
    one = dataset.sm.sel(x=602005, y=5598995).values
    assert one.ravel().tolist() == pytest.approx([values[0, 0] * 0.0001])
    assert dataset.attrs["title"] == "t"
    assert int(dataset.sm.notnull().sum()) == 100


def test_what_the_system_refuses_is_a_store_error(tmp_path):
    folder = tmp_path / "s"
    folder.mkdir()
    # A file where a folder must be: refused whoever runs the test.
    (folder / "sm").mkdir()
    (folder / "sm" / "c").write_text("in the way")
    with pytest.raises(StoreError, match="cannot write"):
        write(folder, {SM: make_values((10, 10))}, Block(TILE, 0, 0, 10, 10))
