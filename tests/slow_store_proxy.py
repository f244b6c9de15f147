"""Stands between the library and an S3 server on loopback: counts, delays, refuses, breaks off."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Fault = int | str | None
"""A status to answer with; ``hang`` until the client goes, ``reset``; None: as the server does."""


def pass_on(method: str, path: str) -> Fault:
    """No fault."""


class StoreProxy(ThreadingHTTPServer):
    """Change its attributes at any time."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    choose_fault: Callable[[str, str], Fault] = staticmethod(pass_on)
    """Of method and path, query included."""
    latency_s = 0.0
    """Added to every answer."""
    forgotten: frozenset[str] = frozenset()
    """Lower-case names of headers that do not reach the server."""

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.asked: list[tuple[str, str]] = []
        self.released = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else what follows the headers waits for 40 ms
    server: StoreProxy

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path))
        fault = self.server.choose_fault(self.command, self.path)
        time.sleep(self.server.latency_s)
        if fault == "hang":
            self.server.released.wait()
        if isinstance(fault, str):
            self.close_connection = True
            return
        if fault is not None:
            code = {403: "AccessDenied", 503: "SlowDown"}.get(fault, "InternalError")
            self._send(fault, {}, f"<Error><Code>{code}</Code></Error>".encode())
            return
        forgotten = self.server.forgotten
        headers = {key: one for key, one in self.headers.items() if key.lower() not in forgotten}
        connection = HTTPConnection(self.server.upstream, timeout=60)
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        self._send(answer.status, dict(answer.getheaders()), answer.read())
        connection.close()

    def _send(self, status: int, headers: dict[str, str], data: bytes) -> None:
        self.send_response_only(status)
        hop = {"connection", "transfer-encoding", "content-length"}
        length = str(len(data)) if self.command != "HEAD" else headers.get("Content-Length", "0")
        kept = {key: one for key, one in headers.items() if key.lower() not in hop}
        for key, one in (kept | {"Content-Length": length}).items():
            self.send_header(key, one)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815


@contextmanager
def serve_slow_store() -> Iterator[StoreProxy]:
    """Stand before the server that ``AWS_ENDPOINT_URL`` names, under that name."""
    upstream = os.environ["AWS_ENDPOINT_URL"]
    with StoreProxy(upstream) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{proxy.server_port}"
        try:
            yield proxy
        finally:
            os.environ["AWS_ENDPOINT_URL"] = upstream
            proxy.released.set()
            proxy.shutdown()
            thread.join()
