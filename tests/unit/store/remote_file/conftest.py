"""A file on a server that errs as it is told to."""

from __future__ import annotations

import numpy as np
import pytest
from page_server import serve_pages

from smmap.spec.cache import Cache
from smmap.store import retry
from smmap.store.network import use_network
from smmap.store.remote_file import PAGE, RemoteFile


@pytest.fixture
def content():
    """Of ``a.tif``: five pages and a part of one."""
    return np.random.default_rng(0).bytes(5 * PAGE + 1234)


@pytest.fixture
def server(tmp_path, content, monkeypatch):
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.002)
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "a.tif").write_bytes(content)
    with serve_pages(folder) as pages:
        yield pages


@pytest.fixture
def cache(tmp_path):
    """The process keeps pages there."""
    chosen = Cache(folder=str(tmp_path / "cache"), gigabytes=1)
    use_network(offline=False, cache=chosen)
    yield chosen
    use_network(offline=False, cache=None)


@pytest.fixture
def read_all(server):
    """All of a file of the server, opened anew."""

    def read(name="a.tif"):
        file = RemoteFile(f"{server.address}/{name}")
        return file.read(0, file.size)

    return read
