"""A real S3 server on loopback, in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import Request, urlopen

BUCKET = "maps"


_SERVER = """
import os, sys, threading
from moto.server import main

def stop_with_the_tests():
    sys.stdin.read()  # ends with the process that started this one, however that ends
    os._exit(0)

threading.Thread(target=stop_with_the_tests, daemon=True).start()
main(sys.argv[1:])
"""

_started: dict[str, subprocess.Popen[bytes]] = {}
"""The server by its address: one for all tests of this process, because it starts for seconds."""


@contextmanager
def serve_s3() -> Iterator[str]:
    """One bucket, empty; its URL, ``AWS_*`` set in the environment."""
    endpoint = next(iter(_started), None) or _start()
    settings = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    _ask("POST", f"{endpoint}/moto-api/reset")
    _ask("PUT", f"{endpoint}/{BUCKET}")
    before = {key: os.environ.get(key) for key in settings}
    os.environ.update(settings)
    try:
        yield f"s3://{BUCKET}"
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def stop_s3() -> None:
    """End what `serve_s3` started."""
    for server in _started.values():
        with server:  # whose standard input is closed, too
            server.terminate()
    _started.clear()


def _start() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", _SERVER, "-H", "127.0.0.1", "-p", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, stdin=subprocess.PIPE, **quiet)
    endpoint = f"http://127.0.0.1:{port}"
    _started[endpoint] = server
    return endpoint


def _ask(method: str, address: str) -> None:
    """Wait for the server, which may be starting."""
    for _ in range(600):
        try:
            with urlopen(Request(address, method=method), timeout=30):
                return
        except (URLError, ConnectionError):
            time.sleep(0.05)
    raise RuntimeError("the S3 server did not start")
