"""A file server on loopback that fails in every way real ones do; a process of its own.

``python faulty_server.py FOLDER PORT RATE SEED`` serves byte ranges; of the requests for TIFF files
a share RATE is answered with 429, 500 or 503, breaks off, is cut short, or comes slowly.
"""

from __future__ import annotations

import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote
from urllib.request import urlopen

FAULTS = ("429", "500", "503", "reset", "short", "slow")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = Path()
    rate = 0.0
    chance = random.Random(0)

    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def log_message(self, *_):
        """Say nothing."""

    def _answer(self, *, body):
        path = self.folder / unquote(self.path.split("?")[0]).lstrip("/")
        fault = ""
        if path.suffix == ".tif" and self.chance.random() < self.rate:
            fault = self.chance.choice(FAULTS)
        if fault.isdigit():
            self.send_error(int(fault))
            return
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        total = len(data)
        match = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if match:
            first, last = int(match[1]), min(int(match[2] or total - 1), total - 1)
            if first >= total:
                self.send_error(416)
                return
            data = data[first : last + 1]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{last}/{total}")
        else:
            self.send_response(200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if not body:
            return
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.close_connection = True
            self.connection.close()
        elif fault == "short":
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
        else:
            if fault == "slow":
                time.sleep(0.3)
            self.wfile.write(data)


@contextmanager
def serve_faulty(folder: Path, rate: float, seed: int = 0) -> Iterator[str]:
    """Start the server; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, __file__, str(folder), str(port), str(rate), str(seed)]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                with urlopen(f"{address}/catalog.json", timeout=2):
                    break
            except OSError:
                time.sleep(0.05)
        yield address
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    Handler.folder, Handler.rate = Path(sys.argv[1]), float(sys.argv[3])
    Handler.chance = random.Random(int(sys.argv[4]))
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
