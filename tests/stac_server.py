"""A real STAC API on 127.0.0.1 over a static STAC folder, with its files beside it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attr
import pystac
import shapely
import uvicorn
from fastapi import Request
from stac_fastapi.api.app import StacApi
from stac_fastapi.types.config import ApiSettings
from stac_fastapi.types.conformance import BASE_CONFORMANCE_CLASSES
from stac_fastapi.types.core import BaseCoreClient
from stac_fastapi.types.errors import NotFoundError
from stac_fastapi.types.search import BaseSearchPostRequest
from starlette.staticfiles import StaticFiles

QUERY = "https://api.stacspec.org/v1.0.0/item-search#query"
PAGE = 5  # small, so that real searches have several pages


class SearchRequest(BaseSearchPostRequest):
    """With the query extension and a page token."""

    query: dict[str, dict[str, Any]] | None = None
    token: int = 0


@attr.s
class MemoryClient(BaseCoreClient):
    """Answers from two lists."""

    base_conformance_classes: list[str] = attr.ib(
        factory=lambda: [*BASE_CONFORMANCE_CLASSES, QUERY]
    )
    collections: dict[str, dict[str, Any]] = attr.ib(factory=dict)
    items: list[dict[str, Any]] = attr.ib(factory=list)

    def post_search(self, search_request: SearchRequest, **kwargs: Any) -> dict[str, Any]:
        request: Request = kwargs["request"]
        found = [item for item in self.items if _matches(item, search_request)]
        start, size = search_request.token, min(search_request.limit or PAGE, PAGE)
        links = []
        if start + size < len(found):
            body = search_request.model_dump(mode="json", exclude_none=True)
            links = [
                {
                    "rel": "next",
                    "method": "POST",
                    "href": str(request.url),
                    "body": {**body, "token": start + size},
                }
            ]
        page = found[start : start + size]
        return {"type": "FeatureCollection", "features": page, "links": links}

    def get_search(self, **kwargs: Any) -> dict[str, Any]:
        request = kwargs.pop("request")
        known = {key: kwargs[key] for key in SearchRequest.model_fields if kwargs.get(key)}
        return self.post_search(SearchRequest(**known), request=request)

    def get_item(self, item_id: str, collection_id: str, **kwargs: Any) -> dict[str, Any]:
        for item in self.items:
            if (item["id"], item["collection"]) == (item_id, collection_id):
                return item
        raise NotFoundError(f"no item {item_id}")

    def all_collections(self, **kwargs: Any) -> dict[str, Any]:
        return {"collections": list(self.collections.values()), "links": []}

    def get_collection(self, collection_id: str, **kwargs: Any) -> dict[str, Any]:
        if collection_id not in self.collections:
            raise NotFoundError(f"no collection {collection_id}")
        return self.collections[collection_id]

    def item_collection(self, collection_id: str, **kwargs: Any) -> dict[str, Any]:
        return self.post_search(
            SearchRequest(collections=[collection_id]), request=kwargs["request"]
        )


@contextmanager
def serve_stac(folder: str | Path) -> Iterator[str]:
    """Serve the static STAC in ``folder`` as an API; gives its address.

    Files of the folder are under ``/files``, with byte ranges; asset addresses point there.
    A process of its own, not a thread: rasterio keeps Python's lock while it opens an address,
    so a server in the same process could not answer it.
    """
    command = [sys.executable, __file__, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().strip() if process.stdout else ""
            if not address:
                raise RuntimeError(f"the STAC server over {folder} did not start")
            yield address
        finally:
            process.terminate()


class AnnouncedServer(uvicorn.Server):
    """Prints its address once it answers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or []:
            print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201


def main(folder: Path) -> None:
    # asyncio sends at once only where it is told the protocol; else bodies wait for 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        collections, items = _load(folder, f"{address}/files")
        app = StacApi(
            settings=ApiSettings(
                stac_fastapi_title="Test",
                stac_fastapi_description="Test",
                stac_fastapi_landing_id="test",
                stac_fastapi_version="1",
            ),
            client=MemoryClient(collections=collections, items=items),
            search_post_request_model=SearchRequest,
            middlewares=[],
        ).app
        app.mount("/files", StaticFiles(directory=folder))
        AnnouncedServer(uvicorn.Config(app, log_level="error", ws="none")).run([listener])


def _load(folder: Path, base: str) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Collections and items as dictionaries, by id, with web addresses.

    Files are read as they are, not through pystac's tree: broken ones are left out here.
    """
    collections, items = {}, []
    for path in sorted(folder.rglob("*.json")):
        try:
            content = json.loads(path.read_text())
        except ValueError:
            continue
        if content.get("type") == "Collection":
            collections[content["id"]] = {**content, "links": []}
        elif content.get("type") == "Feature":
            place = f"{base}/{path.relative_to(folder).as_posix()}"
            for asset in content["assets"].values():
                asset["href"] = pystac.utils.make_absolute_href(asset["href"], place)
            items.append({**content, "links": [{"rel": "self", "href": place}]})
    return collections, items


def _matches(item: dict[str, Any], search: SearchRequest) -> bool:
    properties = item["properties"]
    if search.ids and item["id"] not in search.ids:
        return False
    if search.collections and item["collection"] not in search.collections:
        return False
    if search.bbox and not shapely.box(*search.bbox).intersects(
        shapely.geometry.shape(item["geometry"])
    ):
        return False
    if search.datetime:
        first = properties.get("start_datetime") or properties["datetime"]
        last = properties.get("end_datetime") or properties["datetime"]
        start, end = search.start_date, search.end_date or search.start_date
        if (start and _parse(last) < start) or (end and _parse(first) > end):
            return False
    query = search.query or {}
    return all(properties.get(key) == test["eq"] for key, test in query.items())


def _parse(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
