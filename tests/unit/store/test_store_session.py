"""What is looked up once for an address is sent with each request, as far as it still holds."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from requests import Session

from smmap.store.session import PoliteAdapter, ask


class _Handler(BaseHTTPRequestHandler):
    """Counts the visits of whoever asks, in a cookie."""

    disable_nagle_algorithm = True

    def do_GET(self):
        self.server.asked.append((self.headers.get("Cookie"), self.headers.get("Range")))
        self.send_response(200)
        self.send_header("Set-Cookie", f"visit={len(self.server.asked)}; Path=/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as one:
        one.asked = []
        threading.Thread(target=one.serve_forever, daemon=True).start()
        yield one
        one.shutdown()


def test_each_request_has_the_latest_cookie_and_headers_of_its_own(server):
    address = f"http://127.0.0.1:{server.server_port}/a"
    with Session() as session:
        session.mount("http://", PoliteAdapter())
        ask(session, address, {"Range": "bytes=0-1"}).close()
        ask(session, address, {"Range": "bytes=2-3"}).close()
        ask(session, address, {}).close()
    with Session() as other:
        ask(other, address, {}).close()
    assert server.asked == [
        (None, "bytes=0-1"),
        ("visit=1", "bytes=2-3"),
        ("visit=2", None),
        (None, None),
    ]
