"""Stands in front of an S3 server and refuses writes for as long as it is told to."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from faulty_server import reset

REFUSALS = {
    "503": "SlowDown, nothing is written",
    "500": "InternalError, nothing is written",
    "reset": "the connection is reset, nothing is written",
    "500 after": "InternalError, but it is written",
    "reset after": "the connection is reset, but it is written",
}
_CODES = {"503": "SlowDown", "500": "InternalError", "403": "AccessDenied"}
_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class StoreProxy(ThreadingHTTPServer):
    """Passes requests on to ``backend``; writes meet a refusal while there is one."""

    daemon_threads = True

    def __init__(self, backend: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.backend = urlsplit(backend).netloc
        self.refused = 0
        self._refusal, self._left = "", 0.0
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def refuse(self, refusal: str, writes: float = math.inf) -> None:
        """Refuse so many writes from now on; an empty refusal ends it."""
        with self._lock:
            self._refusal, self._left = refusal, writes if refusal else 0

    def take_refusal(self) -> str:
        """What the next write meets."""
        with self._lock:
            if self._left <= 0:
                return ""
            self._left -= 1
            self.refused += 1
            return self._refusal

    def handle_error(self, request, client_address):
        """Clients that are killed break off; that is what they are for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else what follows the headers waits for 40 ms
    server: StoreProxy

    def log_message(self, *_):
        """Say nothing."""

    def _answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        refusal = self.server.take_refusal() if self.command in ("PUT", "POST", "DELETE") else ""
        if refusal in ("", "500 after", "reset after"):
            status, headers, data = self._pass_on(body)
        what = refusal.removesuffix(" after")
        if what == "reset":
            reset(self)
        elif what:
            told = f"<Error><Code>{_CODES[what]}</Code><Message>later</Message></Error>"
            self._send(int(what), [("Content-Type", "application/xml")], told.encode())
        else:
            self._send(status, headers, data)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 (as http.server has it)

    def _pass_on(self, body):
        connection = HTTPConnection(self.server.backend, timeout=60)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _send(self, status, headers, data):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP:
                self.send_header(name, value)
        length = {name.lower(): value for name, value in headers}.get("content-length")
        whole = self.command == "HEAD" and length
        self.send_header("Content-Length", length if whole else str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serve_proxy(backend: str) -> Iterator[StoreProxy]:
    """Start the proxy in a thread."""
    with StoreProxy(backend) as proxy:
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
