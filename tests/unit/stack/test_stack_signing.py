"""Signed addresses that expire, from a signing service and a storage on the loopback interface."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from smmap.spec.band import Band
from smmap.spec.errors import SceneError, TransientError
from smmap.stack.annotation import load_annotation_angle
from smmap.stack.raster import load_raster
from smmap.store import retry

pytest.importorskip("planetary_computer")

STORAGE = "http://account.blob.core.windows.net/container"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    folder = Path()
    signed = 0
    """How many signatures were given; the last alone is good."""
    refused = 0
    valid_s = 30
    """The client renews what is valid for less than a minute."""

    @property
    def signature(self) -> str:
        return f"{self.server_port}-{self.signed}"


class _Handler(BaseHTTPRequestHandler):
    """Asked for a token, gives one; asked as a proxy, stands for the storage."""

    server: _Server

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/token/account/container":
            self.server.signed += 1
            end = datetime.now(UTC) + timedelta(seconds=self.server.valid_s)
            expiry = end.strftime("%Y-%m-%dT%H:%M:%SZ")
            token = f"sig={self.server.signature}"
            self.answer(200, json.dumps({"msft:expiry": expiry, "token": token}).encode())
        elif parse_qs(url.query).get("sig") != [self.server.signature]:
            self.server.refused += 1
            self.answer(403, b"")
        else:
            content = (self.server.folder / Path(url.path).name).read_bytes()
            first, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")
            part = content[int(first) : int(last or len(content)) + 1]
            self.answer(206 if "Range" in self.headers else 200, part, first, len(content))

    def answer(self, status: int, part: bytes, first: str = "0", total: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(part)))
        if status == 206:
            last = int(first) + len(part) - 1
            self.send_header("Content-Range", f"bytes {first}-{last}/{total}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(part)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path, monkeypatch) -> Iterator[_Server]:
    from planetary_computer.sas import TOKEN_CACHE
    from planetary_computer.settings import Settings

    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.001)
    with _Server(("127.0.0.1", 0), _Handler) as one:
        one.folder = tmp_path
        here = f"http://127.0.0.1:{one.server_port}"
        monkeypatch.setenv("PC_SDK_SAS_URL", f"{here}/token")
        monkeypatch.setenv("PC_SDK_SUBSCRIPTION_KEY", "")
        monkeypatch.setenv("http_proxy", here)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setattr(urllib.request, "_opener", None)  # it remembers the proxies
        Settings.get.cache_clear()
        TOKEN_CACHE.clear()
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield one
        one.shutdown()
        thread.join()
    Settings.get.cache_clear()
    TOKEN_CACHE.clear()


def test_every_open_has_a_signature_of_its_own(server, block, tmp_path, write_tif):
    """The first signature is worth nothing when the second is made: as after an hour."""
    values = np.random.default_rng(0).random(block.shape).astype(np.float32)
    write_tif(tmp_path / "a.tif", values)
    band = Band("vv", f"{STORAGE}/a.tif", "1", sign="planetary-computer")
    for opened in (1, 2, 3):
        np.testing.assert_array_equal(load_raster(band, block).values, values)
        assert server.signed >= opened
    assert server.refused == 0


def test_messages_never_show_a_signature(server, block, tmp_path):
    (tmp_path / "a.tif").write_bytes(b"no tiff at all")
    with pytest.raises(SceneError, match=r"container/a\.tif cannot be read") as caught:
        load_raster(Band("vv", f"{STORAGE}/a.tif", "1", sign="planetary-computer"), block)
    assert "sig=" not in str(caught.value)


def test_unsigned_is_refused_which_is_no_loss_of_the_scene(server, block):
    with pytest.raises(TransientError):
        load_raster(Band("vv", f"{STORAGE}/a.tif", "1"), block)
    assert server.refused > 0


def test_annotations_are_signed_too(server, tmp_path):
    (tmp_path / "a.xml").write_text("no xml")
    with pytest.raises(SceneError, match="is no Sentinel-1 annotation"):
        load_annotation_angle(f"{STORAGE}/a.xml", "planetary-computer")
    assert (server.signed, server.refused) == (1, 0)


@pytest.mark.parametrize("requests_per_second", [None, 500.0])
def test_a_signature_that_ends_too_early_is_made_anew(
    server, block, tmp_path, write_tif, requests_per_second
):
    """Revoked, or by a clock that goes wrong; asked for by GDAL, and by pages."""
    values = np.random.default_rng(0).random(block.shape).astype(np.float32)
    for name in ("a.tif", "b.tif"):
        write_tif(tmp_path / name, values)
    band = Band("vv", f"{STORAGE}/a.tif", "1", sign="planetary-computer")
    band = replace(band, requests_per_second=requests_per_second)
    server.valid_s = 3600
    for _ in range(2):
        np.testing.assert_array_equal(load_raster(band, block).values, values)
    assert (server.signed, server.refused) == (1, 0), "what is valid is used again"
    server.signed += 1
    other = replace(band, href=f"{STORAGE}/b.tif")  # GDAL keeps the first in memory
    np.testing.assert_array_equal(load_raster(other, block).values, values)
    assert server.refused > 0
    assert server.signed == 3, "one new signature"
    if requests_per_second:
        assert server.refused == 1
