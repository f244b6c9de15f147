"""Tiles unpacked without GDAL: the numbers that were written, whatever else GDAL has to read."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from smmap.spec.band import Band
from smmap.spec.errors import SceneError
from smmap.stack import _kernel
from smmap.stack.file_cache import keep_files
from smmap.stack.raster import load_raster
from smmap.stack.tiles import read_tiles
from smmap.store.dataset import open_dataset

pytest.importorskip("deflate")

SHAPE = (80, 100)
USUAL = {"compress": "deflate", "tiled": True, "blockxsize": 32, "blockysize": 16, "predictor": 2}


@pytest.fixture
def write(tmp_path, write_tif):
    def write(values, **options):
        path = write_tif(tmp_path / "a.tif", values, **(USUAL | options))
        return Band("elevation", path, "m")

    return write


def read(band, shape=SHAPE, corner=(0, 0)):
    with closing(open_dataset(band)) as dataset:
        out = np.zeros(shape, dataset.file.dtypes[0])
        return out if read_tiles(dataset, corner, out) else None


def make_numbers(dtype):
    rng = np.random.default_rng(3)
    if dtype == "float32":
        numbers = rng.normal(size=SHAPE).astype(dtype)
        numbers[3, 4:9] = np.nan, np.inf, -np.inf, -0.0, 1e-45
        return numbers
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, SHAPE, dtype, endpoint=True)


@pytest.mark.parametrize("compressed", [{"zlevel": 1}, {"zlevel": 9}, {"bigtiff": "yes"}])
@pytest.mark.parametrize(
    "dtype, predictor",
    [
        *((one, 2) for one in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32")),
        ("float32", 3),
    ],
)
def test_tiles_hold_what_was_written(write, dtype, predictor, compressed):
    numbers = make_numbers(dtype)
    band = write(numbers, predictor=predictor, **compressed)
    whole = read(band)
    assert whole.tobytes() == numbers.tobytes()
    assert read(band, (16, 68), (32, 32)).tobytes() == numbers[32:48, 32:].tobytes()


@pytest.mark.parametrize(
    "unusual",
    [
        {"compress": "lzw"},
        {"predictor": 1},
        {"tiled": False},
        {"endianness": "big"},
        {"blockxsize": 112},
    ],
    ids=str,
)
def test_what_is_unusual_is_left_to_gdal(write, block, unusual):
    numbers = make_numbers("uint16")
    band = write(numbers, **unusual)
    assert read(band) is None
    with keep_files():
        np.testing.assert_array_equal(load_raster(band, block).values, numbers)


def test_half_floats_are_left_to_gdal(write, block):
    numbers = np.arange(8000).reshape(SHAPE).astype(np.float16).astype(np.float32)
    band = write(numbers, nbits=16, predictor=3)
    assert read(band) is None
    with keep_files():
        np.testing.assert_array_equal(load_raster(band, block).values, numbers)


def test_several_bands_are_left_to_gdal(write):
    assert read(write(np.stack([make_numbers("uint16")] * 2), interleave="band")) is None


def test_a_tile_that_is_not_stored_is_left_to_gdal(write, block):
    numbers = make_numbers("uint16")
    numbers[:16, :32] = 0
    band = write(numbers, sparse_ok=True, nodata=0)
    assert read(band) is None
    assert read(band, (16, 68), (16, 32)).tobytes() == numbers[16:32, 32:].tobytes()
    with keep_files():
        expected = np.where(numbers == 0, np.nan, numbers)
        np.testing.assert_array_equal(load_raster(band, block).values, expected)


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_a_broken_tile_is_left_to_gdal_which_says_so(write, block, damage):
    band = write(make_numbers("uint16"))
    with rasterio.open(band.href) as file:
        start = int(file.get_tag_item("BLOCK_OFFSET_3_4", "TIFF", 1))
    with Path(band.href).open("r+b") as file:
        if damage == "cut":
            file.truncate(start + 5)
        else:
            file.seek(start + 20)
            file.write(b"\xff" * 30)
    assert read(band) is None
    with keep_files(), pytest.raises(SceneError, match="cannot be read"):
        load_raster(band, block)


def test_a_file_that_is_gone_by_then_is_left_to_gdal(write, tmp_path):
    with closing(open_dataset(write(make_numbers("uint16")))) as dataset:
        (tmp_path / "a.tif").unlink()
        assert not read_tiles(dataset, (0, 0), np.zeros(SHAPE, np.uint16))


@pytest.mark.parametrize("dtype", ["u1", "<u2", "<i4"])
@settings(deadline=None)
@given(data=st.data())
def test_differences_are_summed_along_rows(dtype, data):
    height, width = (data.draw(st.integers(1, 5)) for _ in range(2))
    steps = data.draw(arrays(dtype, (height, width)))
    cut = data.draw(st.integers(1, height)), data.draw(st.integers(1, width))
    room = np.zeros((height, width + 3), dtype)
    _kernel.undo_predictor(bytearray(steps), width, False, room[: cut[0], 1 : 1 + cut[1]])
    expected = np.cumsum(steps, axis=1, dtype=dtype)[: cut[0], : cut[1]]
    np.testing.assert_array_equal(room[: cut[0], 1 : 1 + cut[1]], expected)
    room[: cut[0], 1 : 1 + cut[1]] = 0
    assert not room.any()


@settings(deadline=None)
@given(values=arrays("<f4", st.tuples(st.integers(1, 4), st.integers(1, 6))))
def test_floating_predictor_of_adobes_note(values):
    """Technical Note 3: bytes of a row by their weight, the highest first; then differences."""
    height, width = values.shape
    planes = values.astype(">f4").view("u1").reshape(height, width, 4).swapaxes(1, 2)
    steps = np.diff(planes.reshape(height, -1), axis=1, prepend=np.uint8(0))
    out = np.empty_like(values)
    _kernel.undo_predictor(bytearray(steps), width, True, out)
    assert out.tobytes() == values.tobytes()


@pytest.mark.parametrize(
    "size, width, floating, shape, dtype",
    [
        (15, 4, False, (2, 2), "u2"),
        (16, 4, False, (2, 5), "u2"),
        (16, 4, False, (3, 4), "u2"),
        (16, 4, True, (2, 4), "u2"),
        (16, 0, False, (1, 1), "u2"),
        (16, -4, False, (1, 1), "u2"),
        (64, 4, False, (2, 4), "f8"),
    ],
)
def test_tiles_that_do_not_fit_are_refused(size, width, floating, shape, dtype):
    with pytest.raises(ValueError, match=r"fit|type"):
        _kernel.undo_predictor(bytearray(size), width, floating, np.zeros(shape, dtype))
