"""An Earth Engine of one's own on loopback, as far as maps need it.

It answers discovery, the list of algorithms (the client's own copy of it), assets and their lists,
``value:compute`` and ``image:computePixels`` in NPY; it keeps the limits on bytes and sides, and
fails as it is told. Expressions are evaluated, each pixel from the nearest of the image. It shows
that requests are well formed, split, repeated and understood, and nothing of what Earth Engine
itself makes of them.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from io import BytesIO
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import shapely
from earth_engine_world import Evaluation, name_asset
from faulty_server import reset

MOST_BYTES, MOST_SIDE = 50_331_648, 32_768
TOKEN = "a-token"


class StubEarthEngine(ThreadingHTTPServer):
    """The server; `images` may change while it runs."""

    daemon_threads = True

    def __init__(self, images, page=1000):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.images = list(images)
        self.page = page
        self.faults = []
        """What the next requests for pixels or lists meet: 429, 500, reset, short, torn."""
        self.most_pixels = None
        """So many requests for pixels are answered, then the key is not accepted any more."""
        self.wants_key = self.refuses_key = self.restricts = False
        self.requests, self.grids, self.bodies, self.starts = [], [], [], []
        self.inside = self.most_inside = 0
        self.linger_s = 0.0
        self.lock = threading.Lock()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"

    def find(self, asset):
        return next((one for one in self.images if one.id == asset), None)


@contextmanager
def serve_earth_engine(images, **options) -> Iterator[StubEarthEngine]:
    """Serve images until the block ends."""
    server = StubEarthEngine(images, **options)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and content come as two pieces
    server: StubEarthEngine

    def log_message(self, *_):
        """Say nothing."""

    def do_GET(self):
        self._answer("GET", b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("X-HTTP-Method-Override") == "GET":  # for addresses that are too long
            self.path += f"?{body.decode()}"
            self._answer("GET", b"")
        else:
            self._answer("POST", body)

    def _answer(self, method, body):
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), {k: v[0] for k, v in parse_qs(parts.query).items()}
        server = self.server
        with server.lock:
            server.requests.append((method, path, query))
        if path == "/token":
            self._send(200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
        elif server.refuses_key or (
            server.wants_key and self.headers.get("Authorization") != f"Bearer {TOKEN}"
        ):
            self._fail(401, "Request had invalid authentication credentials.")
        elif path == "/$discovery/rest":
            self._send(200, _discover(server.address))
        elif re.fullmatch(r"/v1/projects/[^/]+/algorithms", path):
            self._send(200, _list_algorithms())
        elif path.endswith("/image:computePixels"):
            self._count(lambda: self._compute_pixels(json.loads(body)))
        elif path.endswith("/value:compute"):
            self._send(200, {"result": self._evaluate(json.loads(body)["expression"])})
        elif path.endswith(":listAssets"):
            self._fail_as_told() or self._list(_get_id(path.removesuffix(":listAssets")), query)
        else:
            self._describe(_get_id(path))

    def _count(self, action):
        server = self.server
        with server.lock:
            server.inside += 1
            server.starts.append(time.monotonic())
            server.most_inside = max(server.most_inside, server.inside)
            killed = server.most_pixels is not None and len(server.starts) > server.most_pixels
        try:
            time.sleep(server.linger_s)
            if killed:
                self._fail(401, "Request had invalid authentication credentials.")
            else:
                self._fail_as_told() or action()
        finally:
            with server.lock:
                server.inside -= 1

    def _fail_as_told(self):
        with self.server.lock:
            self.fault = self.server.faults.pop(0) if self.server.faults else None
        if self.fault in (400, 403, 404, 429, 500, 503):
            self._fail(self.fault, f"fault {self.fault}")
        elif self.fault == "reset":
            reset(self)
        else:
            return False
        return True

    def _describe(self, asset):
        image = self.server.find(asset)
        if image is not None:
            self._send(200, image.describe())
        elif any(one.id.startswith(f"{asset}/") for one in self.server.images):
            self._send(200, {"type": "IMAGE_COLLECTION", "name": name_asset(asset), "id": asset})
        else:
            self._fail(404, f"Asset '{asset}' not found.")

    def _list(self, parent, query):
        found = [one for one in self.server.images if one.id.rpartition("/")[0] == parent]
        found = [one for one in found if _passes(one, query.get("filter", ""))]
        first = int(query.get("pageToken", 0))
        size = min(self.server.page, int(query.get("pageSize", 1000)))
        rows = [one.describe() for one in found[first : first + size]]
        if "fields" in query:
            kept = re.search(r"assets\((.*)\)", query["fields"])[1].split(",")
            rows = [{key: row[key] for key in kept if key in row} for row in rows]
        more = {"nextPageToken": str(first + size)} if first + size < len(found) else {}
        self._send(200, {"assets": rows, **more} if rows else more)

    def _compute_pixels(self, request):
        grid, server = request["grid"], self.server
        width, height = grid["dimensions"]["width"], grid["dimensions"]["height"]
        try:
            image = self._evaluate(request["expression"], grid)
        except LookupError as error:
            self._fail(400, str(error))
            return
        bytes_asked = width * height * sum(values.dtype.itemsize for values in image.values())
        with server.lock:
            server.grids.append(grid)
            server.bodies.append(request)
        if max(width, height) > MOST_SIDE:
            self._fail(400, f"Pixel grid dimensions ({width}x{height}) must be less than 32768.")
        elif bytes_asked > MOST_BYTES:
            self._fail(400, f"Total request size ({bytes_asked} bytes) must be <= {MOST_BYTES}.")
        else:
            pixels = np.empty((height, width), [(name, one.dtype) for name, one in image.items()])
            for name, values in image.items():
                pixels[name] = values.filled(0)  # as Earth Engine does with what is masked
            stream = BytesIO()
            np.save(stream, pixels)
            self._send(200, stream.getvalue())

    def _evaluate(self, expression, grid=None):
        return Evaluation(self.server.find, self.server.images, expression, grid).result

    def _fail(self, code, message):
        self._send(code, {"error": {"code": code, "message": message, "status": "FAULT"}})

    def _send(self, code, content):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        fault = getattr(self, "fault", None)
        if fault == "torn":  # half an answer that claims to be whole
            data = data[: len(data) // 2]
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if self.server.restricts:
            self.send_header("X-Earth-Engine-Quota-Status", "parallelism_restricted=true")
        self.end_headers()
        if fault == "short":  # half of the bytes that were announced
            data, self.close_connection = data[: len(data) // 2], True
        self.wfile.write(data)


def _passes(image, text):
    start = re.search(r'startTime >= "([^"]*)"', text)
    end = re.search(r'endTime < "([^"]*)"', text)
    region = re.search(r'intersects\("([^"]*)"\)', text)
    if start and not (image.start and image.start >= start[1]):
        return False
    if end and not (image.end or image.start or "9") < end[1]:
        return False
    if region is None or image.geometry is None:
        return True
    asked = shapely.from_geojson(region[1].replace("'", '"'))
    outline = shapely.geometry.shape(image.geometry)
    if isinstance(outline, shapely.LinearRing):
        outline = shapely.Polygon(outline)
    return bool(asked.intersects(outline))


def _get_id(path):
    return re.sub(r"^/v1/projects/earthengine-(public|legacy)/assets/", "", path)


def _list_algorithms():
    return json.loads((resources.files("ee.tests") / "algorithms.json").read_text())


def _discover(address):
    """The interface's description, cut down to what is answered here."""
    text = {"type": "string", "location": "query"}
    parent = {"type": "string", "location": "path", "required": True, "pattern": "^projects/.*$"}

    def method(name, http, path, first, **query):
        return {
            "id": f"earthengine.{name}",
            "httpMethod": http,
            "path": path,
            "parameterOrder": [first],
            "parameters": {first: parent, **dict.fromkeys(query, text)},
            "response": {"properties": {"nextPageToken": {"type": "string"}}, "type": "object"},
            **({"request": {}} if http == "POST" else {}),
        }

    assets = {
        "listAssets": method(
            "projects.assets.listAssets",
            "GET",
            "v1/{+parent}:listAssets",
            "parent",
            filter=1,
            pageSize=1,
            pageToken=1,
            view=1,
        ),
        "get": method("projects.assets.get", "GET", "v1/{+name}", "name"),
    }
    pixels = method(
        "projects.image.computePixels", "POST", "v1/{+project}/image:computePixels", "project"
    )
    value = method("projects.value.compute", "POST", "v1/{+project}/value:compute", "project")
    listing = method("projects.algorithms.list", "GET", "v1/{+parent}/algorithms", "parent")
    resources_ = {
        "assets": {"methods": assets},
        "image": {"methods": {"computePixels": pixels}},
        "value": {"methods": {"compute": value}},
        "algorithms": {"methods": {"list": listing}},
    }
    return {
        "kind": "discovery#restDescription",
        "name": "earthengine",
        "version": "v1",
        "rootUrl": f"{address}/",
        "servicePath": "",
        "baseUrl": f"{address}/",
        "batchPath": "batch",
        "parameters": {
            "alt": text,
            "fields": text,
            "key": text,
            "prettyPrint": {"type": "boolean", "location": "query"},
        },
        "schemas": {},
        "resources": {"projects": {"methods": {}, "resources": resources_}},
    }
