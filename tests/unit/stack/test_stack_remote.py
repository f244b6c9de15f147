"""Bands over HTTP, from a server on the loopback interface that speaks byte ranges."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from smmap.spec.band import Band
from smmap.spec.errors import SceneError, TransientError
from smmap.stack.raster import load_band, load_overview
from smmap.store import gdal


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    folder = Path()
    status = 0
    """Not 0: answers everything so."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        path = self.server.folder / self.path.split("?")[0].lstrip("/")
        status = self.server.status or (200 if path.is_file() else 404)
        if status != 200:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content = path.read_bytes()
        start, stop = 0, len(content)
        if "Range" in self.headers:
            first, last = self.headers["Range"].removeprefix("bytes=").split("-")
            start, stop = int(first), min(stop, int(last) + 1)
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(max(0, stop - start)))
        self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(content)}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[start:stop])

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path, monkeypatch) -> Iterator[_Server]:
    """Serves ``tmp_path``; waits between attempts are cut short."""
    monkeypatch.setitem(gdal.READ_SETTINGS, "GDAL_HTTP_MAX_RETRY", 1)
    monkeypatch.setitem(gdal.READ_SETTINGS, "GDAL_HTTP_RETRY_DELAY", 0.01)
    with _Server(("127.0.0.1", 0), _Handler) as one:
        one.folder = tmp_path
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield one
        one.shutdown()
        thread.join()


@pytest.fixture
def values(block):
    return np.random.default_rng(0).random(block.shape).astype(np.float32)


def make_band(server: _Server, name: str) -> Band:
    return Band("vv", f"http://127.0.0.1:{server.server_port}/{name}", "1")


@pytest.mark.parametrize("query", ["", "?st=2023-04-01&sig=a%2Fb%3D"])
def test_reads_over_http(server, values, block, tmp_path, write_tif, query):
    """Also with a signature behind the name."""
    write_tif(tmp_path / "a.tif", values, tiled=True, blockxsize=64, blockysize=64)
    found = load_band(make_band(server, f"a.tif{query}"), block)
    np.testing.assert_array_equal(found.values, values)


def test_a_file_that_is_gone_costs_its_scene(server, block):
    for read in (lambda band: load_band(band, block), lambda band: load_overview(band, 16)):
        with pytest.raises(SceneError, match=r"gone\.tif cannot be read"):
            read(make_band(server, "gone.tif"))


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_failure_of_the_moment_may_be_retried(server, values, block, tmp_path, write_tif, status):
    """And the next attempt, in the same process, succeeds."""
    write_tif(tmp_path / "late.tif", values)
    band = make_band(server, "late.tif")
    server.status = status
    for read in (lambda: load_band(band, block), lambda: load_overview(band, 16)):
        with pytest.raises(TransientError, match="rerun later"):
            read()
    server.status = 0
    np.testing.assert_array_equal(load_band(band, block).values, values)


def test_a_broken_file_that_is_delivered_costs_its_scene(server, values, block, tmp_path):
    (tmp_path / "broken.tif").write_bytes(b"no tiff at all")
    with pytest.raises(SceneError, match=r"broken\.tif cannot be read"):
        load_band(make_band(server, "broken.tif"), block)
