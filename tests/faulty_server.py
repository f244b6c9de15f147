"""A file server on loopback that fails in every way real ones do; a process of its own.

``python faulty_server.py FOLDER PORT RATE SEED KINDS`` serves byte ranges; a share RATE of the
requests meets one of the comma-separated KINDS. What a fault does to an answer says `FAULTS`.
"""

from __future__ import annotations

import hashlib
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

FAULTS = {
    "429": "too many requests, come back in a second",
    "500": "an error page",
    "503": "an error page",
    "reset": "the headers, then the connection is reset",
    "short": "half of the bytes that the headers announce",
    "less": "half of the bytes that were asked for, and the headers say so; rasters only",
    "slow": "all bytes, in drops",
}
_DROPS = 5
_DROP_S = 0.04


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else what follows the headers waits for 40 ms
    folder = Path()
    rate = 0.0
    kinds = tuple(FAULTS)
    chance = random.Random(0)

    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def log_message(self, *_):
        """Say nothing."""

    def _draw(self, path):
        """The fault that this request meets, if it meets one."""
        if self.chance.random() >= self.rate:
            return ""
        fault = self.chance.choice(self.kinds)
        # Half a JSON document that claims to be whole is a broken document, and not a fault.
        return "" if fault == "less" and path.suffix != ".tif" else fault

    def _answer(self, *, body):
        path = self.folder / unquote(self.path.split("?")[0]).lstrip("/")
        fault = self._draw(path)
        if fault.isdigit():
            self._refuse(int(fault))
            return
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        total = len(data)
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.send_header("ETag", tag)
            self.end_headers()
            return
        match = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if match:
            first, last = int(match[1]), min(int(match[2] or total - 1), total - 1)
            if first >= total:
                self.send_error(416)
                return
            data = data[first : last + 1]
            data = data[: max(1, len(data) // 2)] if fault == "less" else data
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{first + len(data) - 1}/{total}")
        else:
            data = data[: total // 2] if fault == "less" else data
            self.send_response(200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self._send(data, fault)

    def _refuse(self, code):
        self.send_response(code)
        if code == 429:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, data, fault):
        if fault == "reset":
            reset(self)
        elif fault == "short":
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
        elif fault == "slow":
            step = len(data) // _DROPS + 1
            for start in range(0, len(data), step):
                self.wfile.write(data[start : start + step])
                self.wfile.flush()
                time.sleep(_DROP_S)
        else:
            self.wfile.write(data)


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Break the connection off with a TCP reset."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.close_connection = True
    handler.connection.close()


@contextmanager
def serve_faulty(
    folder: Path, rate: float, seed: int = 0, kinds: Iterable[str] = FAULTS
) -> Iterator[str]:
    """Start the server; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = [str(folder), str(port), str(rate), str(seed), ",".join(kinds)]
    server = subprocess.Popen([sys.executable, __file__, *told], stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=2):
                    break
            except OSError:
                time.sleep(0.05)
        yield address
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    Handler.folder, Handler.rate = Path(sys.argv[1]), float(sys.argv[3])
    Handler.chance, Handler.kinds = random.Random(int(sys.argv[4])), tuple(sys.argv[5].split(","))
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
