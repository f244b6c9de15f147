"""A web server on the loopback interface."""

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    asked: Counter[str]


class _Handler(BaseHTTPRequestHandler):
    """``/<status>/...`` answers with that status; ``/cut/...`` breaks off; ``/hang-up/..`` too.

    ``/late-<n>/...`` fails n times first.
    """

    server: _Server

    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        self.server.asked[self.path] += 1
        if kind.startswith("late-"):
            late = self.server.asked[self.path] <= int(kind.removeprefix("late-"))
            kind = "503" if late else "200"
        if kind == "hang-up":
            self.close_connection = True
            return
        self.send_response(200 if kind == "cut" else int(kind))
        self.send_header("Content-Length", "100" if kind == "cut" else "5")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(b"hello")
        self.close_connection = True

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def asked() -> Counter[str]:
    """How often each path of the server was asked for."""
    return Counter()


@pytest.fixture
def server(asked) -> Iterator[str]:
    """Its address."""
    with _Server(("127.0.0.1", 0), _Handler) as one:
        one.asked = asked
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{one.server_port}"
        one.shutdown()
        thread.join()
