"""A file server on the loopback that takes its time and counts what it is asked for."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_LOOPBACK = "127.0.0.1"


@dataclass
class Served:
    """What was asked for."""

    url: str
    """Of the file."""
    requests: int = 0
    """Answered."""
    sent: int = 0
    """Bytes of the file."""


@contextmanager
def serve_file(path: Path, latency_s: float) -> Iterator[Served]:
    """Serve one file, whole or in ranges, each answer so much later."""
    content = path.read_bytes()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(send=False)

        def do_GET(self) -> None:
            self._answer(send=True)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _answer(self, *, send: bool) -> None:
            time.sleep(latency_s)
            if not self.path.endswith(f"/{path.name}"):
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            asked = _RANGE.fullmatch(self.headers.get("Range", ""))
            first = int(asked[1]) if asked else 0
            last = int(asked[2]) if asked and asked[2] else len(content) - 1
            part = content[first : last + 1]
            self.send_response(HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK)
            if asked:
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            with lock:
                served.requests += 1
                served.sent += len(part) if send else 0
            if send:
                self.wfile.write(part)

    with ThreadingHTTPServer((_LOOPBACK, 0), Handler) as server:
        served = Served(f"http://{_LOOPBACK}:{server.server_port}/{path.name}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
