"""Zarr archives on a web server: xarray reads of them what it reads of the folder itself."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray as xr
import zarr
from page_server import serve_pages

from smmap.spec.cache import Cache
from smmap.spec.errors import OfflineError, TransientError
from smmap.store import retry
from smmap.store.network import use_network
from smmap.store.remote_zarr import RemoteZarr


@pytest.fixture(params=[2, 3, "sharded"])
def folder(request, tmp_path):
    """An archive of 6 hours on 40 x 60 pixels; of the second variable a chunk was never written."""
    chance = np.random.default_rng(0)
    shape = ("time", "y", "x")
    values = chance.random((6, 40, 60), np.float32)
    sparse = values.copy()
    sparse[:, :20, :30] = np.nan
    dataset = xr.Dataset({"sm": (shape, values), "snow": (shape, sparse)})
    chunks = {"chunks": (6, 20, 30)}
    if request.param == "sharded":
        chunks = {"chunks": (6, 10, 15), "shards": (6, 20, 30)}
    encoding = {name: chunks | {"_FillValue": np.float32("nan")} for name in dataset}
    version = 2 if request.param == 2 else 3
    place = tmp_path / "served" / "archive.zarr"
    with zarr.config.set({"array.write_empty_chunks": False}):
        dataset.to_zarr(place, encoding=encoding, zarr_format=version, consolidated=version == 2)
    if version == 3:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that other libraries may not know it
            zarr.consolidate_metadata(place, zarr_format=3)
    return place


@pytest.fixture
def server(folder, monkeypatch):
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.002)
    with serve_pages(folder.parent) as pages:
        yield pages
    use_network(offline=False, cache=None)


def load(server):
    with open_archive(server) as dataset:
        return dataset.load()


def open_archive(server):
    return xr.open_zarr(
        RemoteZarr(f"{server.address}/archive.zarr"), consolidated=True, chunks=None
    )


def test_it_is_what_the_folder_holds(server, folder):
    xr.testing.assert_identical(load(server), xr.open_zarr(folder, chunks=None).load())


def test_parts_are_what_the_folder_holds(server, folder):
    part = {"time": slice(2, 4), "y": slice(15, 25), "x": slice(3, 50)}
    with open_archive(server) as dataset:
        found = dataset.isel(part).load()
    xr.testing.assert_identical(found, xr.open_zarr(folder, chunks=None).isel(part).load())


def test_faults_get_into_no_value(server, folder):
    server.faults = ["500", "reset", "", "short", "429 0", "", "less", "", "later", "slow"] * 3
    xr.testing.assert_identical(load(server), xr.open_zarr(folder, chunks=None).load())
    assert len(server.faults) < 20


def test_a_fault_that_stays_is_no_nodata(server):
    """Zarr takes a chunk that is not there for one without values."""
    with open_archive(server) as dataset:
        server.faults = ["500"] * 1000
        with pytest.raises(TransientError, match="rerun later"):
            dataset["sm"].load()


def test_what_was_read_is_read_without_a_network(server, folder, tmp_path):
    """Also that a chunk is not there."""
    cache = Cache(folder=str(tmp_path / "cache"))
    use_network(offline=False, cache=cache)
    load(server)
    server.sent = 0
    expected = load(server)
    assert server.sent == 0, "all is as it was"
    use_network(offline=True, cache=cache)
    server.asked.clear()
    xr.testing.assert_identical(load(server), expected)
    use_network(offline=True, cache=None)
    with pytest.raises(OfflineError, match=r"archive\.zarr/.*is not in the cache"):
        load(server)
    assert server.asked == []


def test_nothing_can_be_written(server):
    store = RemoteZarr(f"{server.address}/archive.zarr")
    with pytest.raises(ValueError, match=r"read.only"):
        zarr.create_array(store, name="new", shape=(1,), dtype="f4")
