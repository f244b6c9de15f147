"""A server on loopback that speaks Google Cloud Storage's XML API, in a process of its own.

No emulator that can be installed answers all that the library asks for: gcp-storage-emulator and
fake-gcs-server know no conditions in this API, Google's own testbench neither lists nor removes by
it. So this one is written after Google's reference (cloud.google.com/storage/docs/xml-api):
generations, ``x-goog-if-generation-match``, 404 for the deletion of what is not there, pages of at
most 1000, copies, uploads in parts.

``python gcs_server.py PORT`` serves from memory, until it is stopped.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

BUCKET = "maps"
PAGE = 1000


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else what follows the headers waits for 40 ms
    objects: ClassVar[dict[str, tuple[int, bytes]]] = {}
    parts: ClassVar[dict[str, dict[int, bytes]]] = {}
    generations = itertools.count(time.time_ns() // 1000)
    lock = Lock()

    def log_message(self, *_):
        """Say nothing."""

    def _parse(self) -> tuple[str, dict[str, str], bytes]:
        address = urlsplit(self.path)
        query = {key: found[0] for key, found in parse_qs(address.query, True).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return unquote(address.path).removeprefix(f"/{BUCKET}").lstrip("/"), query, body

    def _answer(self, status: int, body: bytes = b"", **headers) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        name, query, _ = self._parse()
        if not name:
            self._answer(200, self._list(query))
            return
        found = self.objects.get(name)
        if found is None:
            self._answer(404)
            return
        generation, data = found
        headers = {
            "ETag": f'"{hashlib.md5(data).hexdigest()}"',
            "Last-Modified": formatdate(usegmt=True),
            "x-goog-generation": generation,
        }
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if wanted is None:
            self._answer(200, data, **headers)
            return
        start = int(wanted[1]) if wanted[1] else max(0, len(data) - int(wanted[2]))
        end = int(wanted[2]) + 1 if wanted[1] and wanted[2] else len(data)
        part = data[start:end]
        headers["Content-Range"] = f"bytes {start}-{start + len(part) - 1}/{len(data)}"
        self._answer(206, part, **headers)

    do_HEAD = do_GET  # noqa: N815

    def do_PUT(self):
        name, query, body = self._parse()
        if "uploadId" in query:
            self.parts[query["uploadId"]][int(query["partNumber"])] = body
            self._answer(200, ETag=f'"{hashlib.md5(body).hexdigest()}"')
            return
        source = unquote(self.headers.get("x-goog-copy-source", "")).removeprefix(f"{BUCKET}/")
        with self.lock:
            if source and source not in self.objects:
                self._answer(404)
                return
            self._store(name, self.objects[source][1] if source else body)

    def _store(self, name: str, data: bytes, answer: bytes = b"") -> None:
        expected = self.headers.get("x-goog-if-generation-match")
        current = self.objects.get(name, (0, b""))[0]
        if expected is not None and int(expected) != current:
            self._answer(412)
            return
        generation = next(self.generations)
        self.objects[name] = (generation, data)
        tag = f'"{hashlib.md5(data).hexdigest()}"'
        self._answer(200, answer, ETag=tag, **{"x-goog-generation": generation})

    def do_POST(self):
        name, query, _ = self._parse()
        with self.lock:
            if "uploads" in query:
                upload = str(next(self.generations))
                self.parts[upload] = {}
                inner = f"<Bucket>{BUCKET}</Bucket><UploadId>{upload}</UploadId>"
                body = f"<InitiateMultipartUploadResult>{inner}</InitiateMultipartUploadResult>"
                self._answer(200, body.encode())
                return
            parts = self.parts.pop(query["uploadId"])
            inner = f"<CompleteMultipartUploadResult><ETag>{len(parts)}</ETag>"
            ending = "</CompleteMultipartUploadResult>"
            data = b"".join(parts[number] for number in sorted(parts))
            self._store(name, data, f"{inner}{ending}".encode())

    def do_DELETE(self):
        name, _, _ = self._parse()
        with self.lock:
            self._answer(404 if self.objects.pop(name, None) is None else 204)

    def _list(self, query: dict[str, str]) -> bytes:
        """A page of names, in order, from the token on; what is below a delimiter as a prefix."""
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
        start = max(query.get("continuation-token", ""), query.get("start-after", ""))
        entries: dict[str, str] = {}
        for name, (_, data) in sorted(dict(self.objects).items()):
            if not name.startswith(prefix):
                continue
            key, found, _ = name[len(prefix) :].partition(delimiter or "\0")
            if delimiter and found:
                one = f"{prefix}{key}{delimiter}"
                inner = f"<CommonPrefixes><Prefix>{escape(one)}</Prefix></CommonPrefixes>"
            else:
                one = name
                inner = (
                    f"<Contents><Key>{escape(one)}</Key><Size>{len(data)}</Size><ETag>x</ETag>"
                    "<LastModified>2023-01-01T00:00:00.000Z</LastModified></Contents>"
                )
            if one > start:
                entries[one] = inner
        page = list(entries.items())[: min(PAGE, int(query.get("max-keys", PAGE)))]
        token = ""
        if len(page) < len(entries):
            token = f"<NextContinuationToken>{escape(page[-1][0])}</NextContinuationToken>"
        inner = "".join(one for _, one in page)
        return f"<ListBucketResult>{inner}{token}</ListBucketResult>".encode()


def _make_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, plain).decode()


@contextmanager
def serve_gcs() -> Iterator[str]:
    """Start the server; the bucket's URL, with ``GOOGLE_*`` set in the environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # The library's own way to another address; with a key of its own it asks nobody for a token.
    account = {
        "gcs_base_url": f"http://127.0.0.1:{port}",
        "client_email": "test@example.com",
        "private_key": _make_key(),
        "private_key_id": "test",
    }
    settings = {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(account), "GOOGLE_ALLOW_HTTP": "true"}
    server = subprocess.Popen([sys.executable, __file__, str(port)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        os.environ.update(settings)
        yield f"gs://{BUCKET}"
    finally:
        for key in settings:
            os.environ.pop(key, None)
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    ThreadingHTTPServer.request_queue_size = 64
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
