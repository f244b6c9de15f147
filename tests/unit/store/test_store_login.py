"""A login that a server leads to, as NASA's Earthdata does, from the lines of ~/.netrc."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from smmap.spec.errors import TransientError
from smmap.store import retry
from smmap.store.remote_file import RemoteFile
from smmap.store.session import open_session

CONTENT = bytes(range(256)) * 300
LOGIN = "Basic " + base64.b64encode(b"me:secret").decode()


class _Handler(BaseHTTPRequestHandler):
    """Files lie at 127.0.0.1, for who has its cookie; the login at localhost."""

    def do_GET(self) -> None:
        port = self.server.server_address[1]
        if self.path == "/authorize":
            if self.headers.get("Authorization") == LOGIN:
                self._lead_to(f"http://127.0.0.1:{port}/granted")
            else:
                self._say(401, {})
        elif self.headers.get("Authorization"):
            self._say(400, {})  # a password for somebody else
        elif self.path == "/granted":
            self._say(302, {"Location": "/a.tif", "Set-Cookie": "session=7; Path=/"})
        elif self.headers.get("Cookie") != "session=7":
            self._lead_to(f"http://localhost:{port}/authorize")
        else:
            first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
            part = CONTENT[first : last + 1]
            end = first + len(part) - 1
            self._say(206, {"Content-Range": f"bytes {first}-{end}/{len(CONTENT)}"}, part)

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def _lead_to(self, address: str) -> None:
        self._say(302, {"Location": address})

    def _say(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, text in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def address(monkeypatch) -> Iterator[str]:
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.002)
    open_session.cache_clear()  # nobody has the cookie
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/a.tif"
        server.shutdown()
        thread.join()
    open_session.cache_clear()


def test_the_login_is_given_to_whom_it_is_for_alone(address, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine localhost login me password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    file = RemoteFile(address)
    assert file.read(0, file.size) == CONTENT


def test_without_a_login_it_is_refused(address, tmp_path, monkeypatch):
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    with pytest.raises(TransientError, match=r"refused \(HTTP 401\); check the credentials"):
        RemoteFile(address)
