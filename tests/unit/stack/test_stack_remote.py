"""Bands over HTTP, from a server on the loopback interface that speaks byte ranges."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from odc.geo.geobox import GeoBox

from smmap.spec.band import Band
from smmap.spec.errors import SceneError, TransientError
from smmap.spec.tile import Block
from smmap.stack.file_cache import keep_files
from smmap.stack.raster import load_overview, load_raster
from smmap.store import retry


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    folder = Path()
    name = ""
    """In every address: a port may come again, and GDAL remembers what it fetched from one."""
    status = 0
    """Not 0: answers every GET so, or as many as ``failing`` says, but the first byte of a file."""
    failing = 10**9
    """How many times yet."""
    heads = 0
    """Status of the answers to HEAD; 0: the same."""
    cut = 10**9
    """Sends no more than so many bytes of a file, whatever it says."""
    first_byte = False
    """Whether the first byte is always sent."""
    refused = 0
    """Not 0: answers so for what does not begin with the first byte."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        path = self.server.folder / self.path.split("?")[0].rpartition("/")[2]
        probing = self.headers.get("Range") == "bytes=0-0"
        failing = self.server.status and not (probing and self.server.first_byte)
        if self.command == "HEAD" and self.server.heads:
            failing = False
        if failing and self.server.failing > 0:
            self.server.failing -= 1
        else:
            failing = False
        status = self.server.status if failing else (200 if path.is_file() else 404)
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
        if start > 0 and self.server.refused:
            self.send_error(self.server.refused)
            return
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(max(0, stop - start)))
        self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(content)}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[start : min(stop, self.server.cut)])
            self.close_connection = self.server.cut < stop

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path, monkeypatch) -> Iterator[_Server]:
    """Serves ``tmp_path``; waits between attempts are cut short."""
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.01)
    with _Server(("127.0.0.1", 0), _Handler) as one:
        one.folder = tmp_path
        one.name = uuid4().hex
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield one
        one.shutdown()
        thread.join()


@pytest.fixture
def values(block):
    return np.random.default_rng(0).random(block.shape).astype(np.float32)


def make_band(server: _Server, name: str) -> Band:
    return Band("vv", f"http://127.0.0.1:{server.server_port}/{server.name}/{name}", "1")


@pytest.mark.parametrize("query", ["", "?st=2023-04-01&sig=a%2Fb%3D"])
def test_reads_over_http(server, values, block, tmp_path, write_tif, query):
    """Also with a signature behind the name."""
    write_tif(tmp_path / "a.tif", values, tiled=True, blockxsize=64, blockysize=64)
    found = load_raster(make_band(server, f"a.tif{query}"), block)
    np.testing.assert_array_equal(found.values, values)


def test_a_file_that_is_gone_costs_its_scene(server, block):
    for read in (lambda band: load_raster(band, block), lambda band: load_overview(band, 16)):
        with pytest.raises(SceneError, match=r"gone\.tif cannot be read"):
            read(make_band(server, "gone.tif"))


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_failure_of_the_moment_may_be_retried(server, values, block, tmp_path, write_tif, status):
    """And the next attempt, in the same process, succeeds."""
    write_tif(tmp_path / "late.tif", values)
    band = make_band(server, "late.tif")
    server.status = status
    for read in (lambda: load_raster(band, block), lambda: load_overview(band, 16)):
        with pytest.raises(TransientError, match="rerun later"):
            read()
    server.status = 0
    np.testing.assert_array_equal(load_raster(band, block).values, values)


def test_a_broken_file_that_is_delivered_costs_its_scene(server, values, block, tmp_path):
    (tmp_path / "broken.tif").write_bytes(b"no tiff at all")
    with pytest.raises(SceneError, match=r"broken\.tif cannot be read"):
        load_raster(make_band(server, "broken.tif"), block)


@pytest.fixture
def noisy(tmp_path, write_tif):
    """A file of many blocks, too large for one request."""
    noise = np.random.default_rng(0).random((80, 100)).astype(np.float32)
    write_tif(tmp_path / "a.tif", np.tile(noise, (8, 8)), tiled=True, blockxsize=64, blockysize=64)
    return noise


def test_a_get_that_fails_beside_a_head_that_works_is_the_servers_fault(server, noisy, block):
    server.status, server.heads = 503, 200
    with pytest.raises(TransientError, match="rerun later"):
        load_raster(make_band(server, "a.tif"), block)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_server_that_sends_the_header_alone_is_at_fault(server, noisy, block, status):
    server.refused = status
    with pytest.raises(TransientError, match=f"{status}.*rerun later"):
        load_raster(make_band(server, "a.tif"), block)


def test_failures_that_pass_are_not_even_seen(server, noisy, block):
    """The first attempt, its question after the file, and the second attempt fail."""
    server.status, server.failing = 503, 3
    found = load_raster(make_band(server, "a.tif"), block)
    np.testing.assert_array_equal(found.values, noisy)
    assert server.failing == 0


def test_an_answer_that_breaks_off_is_read_again(server, noisy, block, monkeypatch):
    """The header arrives; what follows does, once the server is well again."""
    server.cut = 40_000
    waits: list[float] = []

    def get_well(seconds: float) -> None:
        waits.append(seconds)
        server.cut = 10**9

    monkeypatch.setattr(retry.time, "sleep", get_well)
    found = load_raster(make_band(server, "a.tif"), block)
    np.testing.assert_array_equal(found.values, noisy)
    assert len(waits) == 1


def test_a_server_that_fails_in_between_has_still_sent_a_broken_file(
    server, block, tmp_path, monkeypatch
):
    """The failure passes within its attempt; the file came broken in all six."""
    (tmp_path / "broken.tif").write_bytes(b"no tiff at all")
    waits: list[float] = []

    def fail_once(seconds: float) -> None:
        waits.append(seconds)
        server.status = 503 if len(waits) == 2 else 0

    monkeypatch.setattr(retry.time, "sleep", fail_once)
    with pytest.raises(SceneError, match=r"broken\.tif cannot be read"):
        load_raster(make_band(server, "broken.tif"), block)
    assert len(waits) == retry.ATTEMPTS


def test_a_file_that_ends_too_early_costs_its_scene(server, noisy, block, tmp_path):
    """Delivered each time, truncated each time."""
    content = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(content[: len(content) // 20])
    whole = type(block)(block.geobox, 0, 0, 640, 800)
    with pytest.raises(SceneError, match=r"band 'vv' of http.*a\.tif cannot be read"):
        load_raster(make_band(server, "a.tif"), whole)


def test_a_file_that_is_gone_is_not_waited_for(server, block, monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr(retry.time, "sleep", waits.append)
    with pytest.raises(SceneError):
        load_raster(make_band(server, "gone.tif"), block)
    assert waits == []


def test_an_empty_file_costs_its_scene(server, block, tmp_path):
    (tmp_path / "empty.tif").write_bytes(b"")
    with pytest.raises(SceneError, match=r"empty\.tif cannot be read"):
        load_raster(make_band(server, "empty.tif"), block)


def test_what_fails_for_a_moment_leaves_nothing_wrong_in_the_cache(
    server, block, write_tif, tmp_path
):
    values = np.random.default_rng(0).random((256, 1024)).astype(np.float32)
    write_tif(tmp_path / "a.tif", values, tiled=True, blockxsize=256, blockysize=256)
    band = make_band(server, "a.tif")
    whole = Block.whole(GeoBox(values.shape, block.geobox.affine, block.geobox.crs))
    left, right = (Block(whole.geobox, 0, start, 256, 512) for start in (0, 512))
    with keep_files():
        first = load_raster(band, left).values
        server.refused = 503
        with pytest.raises(TransientError):
            load_raster(band, right)
        server.refused = 0
        second = load_raster(band, right).values
    np.testing.assert_array_equal(np.hstack([first, second]), values)
