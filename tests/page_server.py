"""A web server in a thread that counts what it is asked, and errs as it is told to."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from faulty_server import reset

from smmap.store.rate import _find_file


@dataclass
class Pages:
    """What the server does, and what became of it."""

    folder: Path
    address: str = ""
    validator: str = "etag"
    """``etag``, ``weak``, ``date`` or ``none``: how it tells versions of a file apart."""
    ranges: bool = True
    """False: it sends files whole, whatever is asked for."""
    faults: list[str] = field(default_factory=list)
    """Of the next requests, one each; ``""``: none."""
    signature: str = ""
    """Without it, requests are refused."""
    asked: list[tuple[float, str, str]] = field(default_factory=list)
    """When, path, range; by any method."""
    sent: int = 0
    """Bytes of files."""
    meet: threading.Barrier | None = None
    """Requests wait for each other there."""

    def count_requests(self) -> int:
        """Since the last time."""
        found = len(self.asked)
        self.asked.clear()
        return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else what follows the headers waits for 40 ms
    pages: Pages

    def do_GET(self):
        pages, url = self.pages, urlsplit(self.path)
        wanted = self.headers.get("Range", "")
        pages.asked.append((time.monotonic(), url.path, wanted))
        fault = pages.faults.pop(0) if pages.faults else ""
        if pages.meet is not None:
            pages.meet.wait()
        path = pages.folder / unquote(url.path).lstrip("/")
        if url.path.startswith("/moved/"):
            self._say(302, {"Location": url.path.removeprefix("/moved")})
        elif fault.startswith("429"):
            self._say(429, {"Retry-After": fault.removeprefix("429 ")})
        elif fault.isdigit():
            self._say(int(fault), {})
        elif pages.signature and parse_qs(url.query).get("sig") != [pages.signature]:
            self._say(403, {})
        elif not path.is_file():
            self._say(404, {})
        else:
            self._send(path, wanted, fault)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_):
        """Say nothing."""

    def _describe(self, path, data):
        match self.pages.validator:
            case "etag" | "weak":
                tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
                return {"ETag": tag if self.pages.validator == "etag" else f"W/{tag}"}
            case "date":
                return {"Last-Modified": formatdate(path.stat().st_mtime, usegmt=True)}
            case _:
                return {}

    def _send(self, path, wanted, fault):
        data = path.read_bytes()
        total, headers = len(data), self._describe(path, data)
        if headers.get("ETag", "-") == self.headers.get("If-None-Match"):
            self._say(304, headers)
            return
        match = re.match(r"bytes=(\d+)-(\d+)", wanted) if self.pages.ranges else None
        if match:
            first, last = int(match[1]), min(int(match[2]), total - 1)
            if first >= total:
                self._say(416, {})
                return
            data = data[first : last + 1]
            if fault == "less":
                data = data[: max(1, len(data) // 2)]
            if fault == "later":
                first, data = first + len(data) // 2, data[len(data) // 2 :]
            shift = 1 if fault == "elsewhere" else 0
            end = first + len(data) - 1
            headers["Content-Range"] = f"bytes {first + shift}-{end + shift}/{total}"
        self.send_response(206 if match else 200)
        for name, text in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command == "HEAD":
            return
        self.pages.sent += len(data)
        if fault == "reset":
            reset(self)
        elif fault == "short":
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
        elif fault == "slow":
            for start in range(0, len(data), len(data) // 5 + 1):
                self.wfile.write(data[start : start + len(data) // 5 + 1])
                self.wfile.flush()
                time.sleep(0.02)
        else:
            self.wfile.write(data)

    def _say(self, state, headers):
        self.send_response(state)
        for name, text in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, text)
        self.end_headers()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def serve_pages(folder: Path) -> Iterator[Pages]:
    """Serve a folder; what the server does may be changed meanwhile."""
    pages = Pages(folder)
    handler: Callable[..., BaseHTTPRequestHandler] = type("Told", (_Handler,), {"pages": pages})
    with _Server(("127.0.0.1", 0), handler) as server:
        pages.address = f"http://127.0.0.1:{server.server_port}"
        # Of a server that had the port before, and may have asked for a long pause.
        _find_file(pages.address).unlink(missing_ok=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield pages
        finally:
            server.shutdown()
            thread.join()
            _find_file(pages.address).unlink(missing_ok=True)
