"""Zarr stores over HTTP: faults, tokens, what is not there."""

from __future__ import annotations

import base64
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import xarray as xr
from faulty_server import serve_faulty

from smmap.spec.errors import CatalogError, RefusedError, SceneError, TransientError
from smmap.store import retry
from smmap.store.open_cube import open_cube

WHOLE = (slice(0, 48), slice(0, 6), slice(0, 7), None)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two days in 48 chunks."""
    folder = tmp_path_factory.mktemp("served")
    rng = np.random.default_rng(4)
    data = xr.Dataset(
        {"swvl1": (("time", "latitude", "longitude"), rng.random((48, 6, 7)))},
        coords={
            "time": np.datetime64("2023-04-01", "ns") + np.arange(48) * np.timedelta64(1, "h"),
            "latitude": np.round(50 - 0.1 * np.arange(6), 1),
            "longitude": np.round(10 + 0.1 * np.arange(7), 1),
        },
    )
    encoding = {"swvl1": {"chunks": (1, 6, 7)}}
    data.to_zarr(folder / "a.zarr", zarr_format=2, consolidated=True, encoding=encoding)
    return folder, data["swvl1"].to_numpy()


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.001)


@pytest.mark.parametrize("kinds", [("500", "503"), ("reset", "short")])
def test_faults_of_the_moment_change_no_number(store, kinds):
    folder, values = store
    with serve_faulty(folder, 0.2, seed=1, kinds=kinds) as address:
        cube = open_cube(f"{address}/a.zarr", "swvl1", "zarr")
        np.testing.assert_array_equal(cube.read(*WHOLE), values)


def test_a_server_that_always_fails_is_a_fault_of_the_moment(store):
    with (
        serve_faulty(store[0], 1.0, seed=1, kinds=("503",)) as address,
        pytest.raises(TransientError, match="HTTP 503"),
    ):
        open_cube(f"{address}/a.zarr", "swvl1", "zarr")


class _Handler(SimpleHTTPRequestHandler):
    """Serves a folder to those who know the word."""

    word = "Basic " + base64.b64encode(b"edh:secret").decode()

    def do_GET(self):
        if self.headers.get("Authorization") == self.word:
            super().do_GET()
        else:
            self.send_error(401)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def guarded(store):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(store[0])))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_token_is_sent_and_never_told(store, guarded, monkeypatch):
    monkeypatch.setenv("EARTH_DATA_HUB_TOKEN", "secret")
    cube = open_cube(f"{guarded}/a.zarr", "swvl1", "zarr", "earth-data-hub")
    np.testing.assert_array_equal(cube.read(*WHOLE), store[1])
    monkeypatch.setenv("EARTH_DATA_HUB_TOKEN", "wrong")
    with pytest.raises(RefusedError, match="check the credentials") as caught:
        open_cube(f"{guarded}/./a.zarr", "swvl1", "zarr", "earth-data-hub")
    assert "wrong" not in str(caught.value)


def test_without_a_token_it_is_said_which_variable_to_set(guarded, monkeypatch):
    monkeypatch.delenv("EARTH_DATA_HUB_TOKEN", raising=False)
    with pytest.raises(CatalogError, match="set the environment variable EARTH_DATA_HUB_TOKEN"):
        open_cube(f"{guarded}/b.zarr", "swvl1", "zarr", "earth-data-hub")


def test_a_store_that_is_not_there_is_said_to_be_so(store):
    with (
        serve_faulty(store[0], 0.0, seed=1, kinds=("500",)) as address,
        pytest.raises(SceneError, match="cannot be read"),
    ):
        open_cube(f"{address}/nowhere.zarr", "swvl1", "zarr")


def test_a_variable_that_is_not_there_is_named_with_those_that_are(store):
    with pytest.raises(SceneError, match=r"no variable 'swvl2'; it has swvl1"):
        open_cube(str(store[0] / "a.zarr"), "swvl2", "zarr")


def test_a_remote_archive_that_would_have_to_be_listed_is_refused(tmp_path, store):
    data = xr.open_zarr(store[0] / "a.zarr")
    data.drop_encoding().to_zarr(tmp_path / "b.zarr", zarr_format=3, consolidated=False)
    open_cube(str(tmp_path / "b.zarr"), "swvl1", "zarr")
    with (
        serve_faulty(tmp_path, 0.0, seed=1, kinds=("500",)) as address,
        pytest.raises(SceneError, match=r"no consolidated metadata.*consolidate_metadata"),
    ):
        open_cube(f"{address}/b.zarr", "swvl1", "zarr")
