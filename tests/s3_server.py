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


@contextmanager
def serve_s3() -> Iterator[str]:
    """Start the server with one bucket; the bucket's URL, ``AWS_*`` set in the environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    before = {key: os.environ.get(key) for key in settings}
    try:
        _make_bucket(settings["AWS_ENDPOINT_URL"])
        os.environ.update(settings)
        yield f"s3://{BUCKET}"
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
        server.terminate()
        server.wait(10)


def _make_bucket(endpoint: str) -> None:
    for _ in range(200):
        try:
            with urlopen(Request(f"{endpoint}/{BUCKET}", method="PUT"), timeout=5):
                return
        except (URLError, ConnectionError):
            time.sleep(0.05)
    raise RuntimeError("the S3 server did not start")
