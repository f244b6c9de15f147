"""What a task keeps of its files: the same numbers, each block unpacked once, bounded."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.windows import Window

from smmap.spec.band import Band
from smmap.stack.file_cache import FileCache, get_file_cache, keep_files
from smmap.stack.raster_file import RasterFile, open_raster
from smmap.store.dataset import Dataset

SHAPE = (700, 900)
LAYOUTS = {
    "tiles": {"tiled": True, "blockxsize": 256, "blockysize": 512},
    "small tiles": {"tiled": True, "blockxsize": 64, "blockysize": 32},
    "strips": {"tiled": False, "blockysize": 3},
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """One file a layout: two bands and a mask, all different."""
    folder, rng = tmp_path_factory.mktemp("files"), np.random.default_rng(0)
    values = rng.integers(1, 60_000, (2, *SHAPE), np.uint16)
    mask = rng.integers(0, 2, SHAPE, np.uint8) * np.uint8(255)
    profile = {"driver": "GTiff", "dtype": "uint16", "count": 2, "compress": "deflate"}
    for name, layout in LAYOUTS.items():
        place = {"height": SHAPE[0], "width": SHAPE[1], "crs": "EPSG:32631"}
        transform = rasterio.transform.from_origin(600_000, 5_700_000, 10, 10)
        with (
            rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
            rasterio.open(
                folder / f"{name}.tif", "w", **profile, **layout, **place, transform=transform
            ) as file,
        ):
            file.write(values)
            file.write_mask(mask)
    return folder


def is_kept(cache: FileCache, address: str) -> bool:
    """Whether the first block of a first band is there."""
    asked = []

    def read(key):
        asked.append(key)
        return np.zeros(1)

    cache.find_blocks([(address, "band 1", 0, 0)], read)
    return not asked


@given(data=st.data(), layout=st.sampled_from(sorted(LAYOUTS)))
@settings(max_examples=60, deadline=None)
def test_numbers_are_those_of_the_file(files, data, layout):
    path = str(files / f"{layout}.tif")
    with keep_files(), rasterio.open(path) as plain:
        for _ in range(3):
            top, left = (data.draw(st.integers(0, side - 1)) for side in SHAPE)
            bottom = data.draw(st.integers(top + 1, SHAPE[0]))
            right = data.draw(st.integers(left + 1, SHAPE[1]))
            window = Window(left, top, right - left, bottom - top)
            index = data.draw(st.sampled_from([1, 2]))
            with open_raster(Band("a", path, "1"), lambda: True) as source:
                found = np.zeros((bottom - top, right - left), np.uint16)
                for place, part in source.read(index, (top, bottom, left, right)):
                    assert part.dtype == np.uint16
                    assert not found[place].any()  # the file has no zero: each pixel comes once
                    found[place] = part
                np.testing.assert_array_equal(found, plain.read(index, window=window))
                mask = source.read_mask(index, (top, bottom, left, right))
                np.testing.assert_array_equal(mask, plain.read_masks(index, window=window))


def test_a_file_stays_open_and_one_thread_has_it_at_a_time(files):
    path = str(files / "tiles.tif")
    with keep_files() as cache:
        with open_raster(Band("a", path, "1"), lambda: True) as first:
            with open_raster(Band("a", path, "1"), lambda: True) as other:
                assert first.file is not other.file
            assert not other.file.closed
        with open_raster(Band("a", path, "1"), lambda: True) as again:
            assert again.file in (first.file, other.file)
    assert first.file.closed
    assert other.file.closed
    assert cache.take_file(path) is None


def test_a_file_that_is_not_trusted_or_fails_is_closed_and_nothing_of_it_kept(files):
    path = str(files / "tiles.tif")
    with keep_files() as cache:
        with open_raster(Band("a", path, "1"), lambda: False) as source:
            list(source.read(1, (0, 100, 0, 100)))
        assert source.file.closed

        def fail():
            with open_raster(Band("a", path, "1"), lambda: True) as source:
                failed.append(source.file)
                raise ValueError("for a test")

        failed: list[rasterio.DatasetReader] = []
        with pytest.raises(ValueError, match="for a test"):
            fail()
        assert failed[0].closed
        assert not is_kept(cache, path)


def test_each_block_is_read_once_by_many_threads():
    cache, count, lock = FileCache(), {}, threading.Lock()
    started = threading.Barrier(8)

    def read(key):
        with lock:
            count[key] = count.get(key, 0) + 1
        return np.full((8, 8), key[2] * 10 + key[3])

    def work(shift):
        started.wait()
        keys = [("a", "band 1", row, col) for row in range(10) for col in range(shift, shift + 3)]
        found = cache.find_blocks(keys, read)
        assert set(found) == set(keys)
        assert all((block == key[2] * 10 + key[3]).all() for key, block in found.items())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(count) == 100
    assert set(count.values()) == {1}


def test_two_threads_that_need_the_same_blocks_read_half_of_them_each():
    cache, both = FileCache(), threading.Barrier(2)
    keys = [("a", "band 1", 0, number) for number in range(10)]

    def read(key):
        both.wait(10)  # as long as one of them reads, so does the other
        return np.full(1, key[3])

    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(lambda _: cache.find_blocks(keys, read), range(2)):
            assert {key: block.item() for key, block in found.items()} == {
                key: key[3] for key in keys
            }
    assert cache.find_missing([*keys, ("a", "band 1", 1, 0)]) == [("a", "band 1", 1, 0)]


def test_what_fails_in_one_thread_is_read_by_the_one_that_waits():
    cache, key = FileCache(), ("a", "band 1", 0, 0)
    reading, may_fail = threading.Event(), threading.Event()

    def fail(_):
        reading.set()
        may_fail.wait(10)
        raise OSError("for a test")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.find_blocks, [key], fail)
        reading.wait(10)
        second = pool.submit(cache.find_blocks, [key], lambda _: np.ones(3))
        may_fail.set()
        with pytest.raises(OSError, match="for a test"):
            first.result(10)
        assert second.result(10)[key].sum() == 3


def test_blocks_are_bounded_and_the_least_recently_used_go_first():
    cache, asked = FileCache(most_bytes=3 * 800), []

    def find(number):
        def read(_):
            asked.append(number)
            return np.zeros(100)

        cache.find_blocks([("a", "band 1", 0, number)], read)

    for number in (0, 1, 2, 0, 3, 0, 1):
        find(number)
    assert asked == [0, 1, 2, 3, 1]  # 3 drove out 1, not 0


def test_open_files_are_bounded(files):
    cache = FileCache(most_files=2)
    opened = [Dataset(rasterio.open(files / f"{name}.tif")) for name in LAYOUTS]
    for number, file in enumerate(opened):
        cache.keep_file(str(number), file)
    assert [one.file.closed for one in opened] == [True, False, False]
    cache.close()
    assert all(one.file.closed for one in opened)


def test_the_cache_is_that_of_its_context_and_of_threads_started_in_it():
    assert get_file_cache() is None
    with keep_files() as cache, ThreadPoolExecutor(1) as pool:
        assert pool.submit(copy_context().run, get_file_cache).result() is cache
        assert pool.submit(get_file_cache).result() is None
    assert get_file_cache() is None


def test_large_blocks_are_not_kept(tmp_path):
    side = 2048  # of four bytes: more than is kept of one block
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "tiled": True}
    with rasterio.open(
        tmp_path / "a.tif",
        "w",
        **profile,
        height=side,
        width=side,
        blockxsize=side,
        blockysize=side,
    ) as file:
        file.write(np.arange(side * side, dtype=np.float32).reshape(1, side, side))
    with rasterio.open(tmp_path / "a.tif") as file:
        source = RasterFile(Dataset(file), "a", cache := FileCache(), lambda: True)
        [(_, part)] = source.read(1, (5, 7, 3, 4))
        assert part.tolist() == [[5 * side + 3], [6 * side + 3]]
    assert not is_kept(cache, "a")
