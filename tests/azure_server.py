"""A real server of Azure's blob storage on loopback: Azurite (npm), a process of its own."""

from __future__ import annotations

import base64
import hmac
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from urllib.request import Request, urlopen

CONTAINER = "maps"
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Of every Azurite, as Microsoft publishes it: it guards nothing."""
_HERE = Path(__file__).parent.parent / ".venv/azurite/node_modules/.bin"


def find_azurite() -> str | None:
    """The program, on the path or where ``make soak`` puts it; None if it is not installed."""
    return shutil.which("azurite-blob") or shutil.which("azurite-blob", path=str(_HERE))


@contextmanager
def serve_azure(folder: Path) -> Iterator[str]:
    """Start the server with one container; its URL, with ``AZURE_*`` set in the environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(find_azurite()), "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    quiet = ["--inMemoryPersistence", "--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    server = subprocess.Popen([*command, *quiet], cwd=folder, stdout=subprocess.DEVNULL)
    settings = {
        "AZURE_STORAGE_USE_EMULATOR": "true",
        "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
        "AZURITE_BLOB_STORAGE_URL": f"http://127.0.0.1:{port}",
    }
    try:
        for _ in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        os.environ.update(settings)
        _make_container(settings["AZURITE_BLOB_STORAGE_URL"])
        yield f"az://{CONTAINER}"
    finally:
        for key in settings:
            os.environ.pop(key, None)
        server.terminate()
        server.wait(10)


def _make_container(endpoint: str) -> None:
    """The one request that the library has none for, signed with Azure's Shared Key."""
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
    lines = "\n".join(f"{key}:{value}" for key, value in headers.items())
    absent = "\n" * 12  # headers that are not given, such as the type
    text = f"PUT{absent}{lines}\n/{ACCOUNT}/{ACCOUNT}/{CONTAINER}\nrestype:container"
    signature = base64.b64encode(hmac.digest(base64.b64decode(KEY), text.encode(), "sha256"))
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{signature.decode()}"
    address = f"{endpoint}/{ACCOUNT}/{CONTAINER}?restype=container"
    with urlopen(Request(address, method="PUT", headers=headers), timeout=10):
        pass
