"""A file server on the loopback that takes its time and counts what it is asked for."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_LOOPBACK = "127.0.0.1"


@dataclass
class Count:
    """What was asked for."""

    requests: int = 0
    """Answered."""
    sent: int = 0
    """Bytes of the file."""


class Served:
    """A server in a process of its own: who reads from it does not pay for its work.

    Parameters
    ----------
    name
        Of the file.
    pipe
        To the process.
    """

    def __init__(self, name: str, pipe: Connection) -> None:
        self._name, self._pipe = name, pipe
        self._address: str = pipe.recv()

    def make_url(self, folder: str) -> str:
        """Of the file, as if it lay in that folder: to all caches another file."""
        return f"{self._address}/{folder}/{self._name}"

    def count(self) -> Count:
        """What was asked for since the last time."""
        self._pipe.send("count")
        found: Count = self._pipe.recv()
        return found


@contextmanager
def serve_file(path: Path, latency_s: float) -> Iterator[Served]:
    """Serve one file, whole or in ranges, in any folder; each answer so much later."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(path, latency_s, there), daemon=True)
    process.start()
    there.close()
    try:
        yield Served(path.name, here)
    finally:
        here.close()
        process.join()


def _serve(path: Path, latency_s: float, pipe: Connection) -> None:
    """Until the other end of the pipe is closed."""
    content, lock, count = memoryview(path.read_bytes()), threading.Lock(), Count()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

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
            last = min(int(asked[2]) if asked and asked[2] else len(content), len(content) - 1)
            part = content[first : last + 1]
            self.send_response(HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK)
            if asked:
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            with lock:
                count.requests += 1
                count.sent += len(part) if send else 0
            if send:
                self.wfile.write(part)

    with ThreadingHTTPServer((_LOOPBACK, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        pipe.send(f"http://{_LOOPBACK}:{server.server_port}")
        with suppress(EOFError):
            while pipe.recv():
                with lock:
                    pipe.send(Count(count.requests, count.sent))
                    count.requests = count.sent = 0
        server.shutdown()
