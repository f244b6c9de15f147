"""A continent in each chunk of an archive: little of it is unpacked at once, and no bit changes."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import xarray as xr
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from smmap.store import cube as cube_module
from smmap.store.open_cube import open_cube

HOURS, ROWS, COLS = 40, 256, 1024
CHUNK_BYTES = ROWS * COLS * 4


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Each hour's whole map is one chunk of 1 MiB."""
    folder = tmp_path_factory.mktemp("archive") / "a.zarr"
    data = xr.Dataset(
        coords={
            "time": np.datetime64("2023-04-01", "ns") + np.arange(HOURS) * np.timedelta64(1, "h"),
            "latitude": np.round(50 - 0.1 * np.arange(ROWS), 1),
            "longitude": np.round(0.1 * np.arange(COLS), 1),
        }
    )
    data.to_zarr(folder, zarr_format=2, consolidated=False)
    array = zarr.open_group(folder).create_array(
        "swvl1",
        shape=(HOURS, ROWS, COLS),
        chunks=(1, ROWS, COLS),
        dtype="f4",
        attributes={"_ARRAY_DIMENSIONS": ["time", "latitude", "longitude"]},
    )
    values = np.random.default_rng(1).random((HOURS, 8, 8), "f4")
    for hour in range(HOURS):
        array[hour] = np.tile(values[hour], (ROWS // 8, COLS // 8))
    zarr.consolidate_metadata(folder)
    return open_cube(str(folder), "swvl1", "zarr"), values


@settings(deadline=None, max_examples=30)
@given(st.integers(0, HOURS - 1), st.integers(1, HOURS), st.integers(0, 9))
def test_any_number_of_chunks_at_once_gives_the_same(archive, first, count, chunks):
    cube, values = archive
    last = min(HOURS, first + count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cube_module, "AT_ONCE_BYTES", chunks * CHUNK_BYTES)
        found = cube.read(slice(first, last), slice(8, 16), slice(16, 24), None)
    np.testing.assert_array_equal(found, values[first:last])


def test_memory_follows_the_bound_and_not_the_span(archive, monkeypatch):
    cube, _ = archive

    def measure(bound):
        monkeypatch.setattr(cube_module, "AT_ONCE_BYTES", bound)
        tracemalloc.start()
        cube.read(slice(0, HOURS), slice(0, 4), slice(0, 4), None)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    measure(CHUNK_BYTES)
    assert measure(CHUNK_BYTES) < 4 * CHUNK_BYTES < measure(HOURS * CHUNK_BYTES)
