"""Catalogue kind ``earth-engine``: collections and images of Earth Engine."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pystac
import shapely

from smmap.catalog.candidate import Candidate
from smmap.catalog.earth_engine_item import (
    Document,
    make_day_item,
    make_item,
)
from smmap.catalog.left_out import leave_out
from smmap.catalog.reading import read_item
from smmap.catalog.selection import Bbox, compute_extent, select_candidates, split_bbox
from smmap.catalog.stored_item import Snapshot
from smmap.spec.definition import Definition
from smmap.spec.errors import CatalogError, EmptySearchError
from smmap.spec.period import Period
from smmap.store.earth_engine import ask, find_endpoint, get_asset_id

PAGE = 1000
"""Images asked for at once; the server may give fewer."""
MOST = 20_000
"""Images that the extent of a collection is computed from, at most."""
_DAY = timedelta(days=1)
_COMPOSITE = timedelta(days=16)
"""The longest that the images of a collection last (MOD13)."""
_WIDEST = 120.0
"""Degrees: Earth Engine joins points by the shortest way, which a wider box may not be."""
_WORLD: Bbox = (-180.0, -90.0, 180.0, 90.0)
_TYPES = ("IMAGE", "IMAGE_COLLECTION")
_MALFORMED = (LookupError, TypeError, ValueError, AttributeError)
_TIMES = "nextPageToken,assets(name,startTime,updateTime)"
_BANDS = "nextPageToken,assets(name,updateTime,bands)"


class EarthEngineCatalog:
    """What an Earth Engine server holds.

    Parameters
    ----------
    address
        URL of the server; the environment variable ``SMMAP_EARTH_ENGINE_URL`` names another.
    """

    def __init__(self, address: str) -> None:
        self.address = find_endpoint(address)
        self._assets: dict[str, Document] = {}

    def search(
        self, definition: Definition, bbox: Bbox, period: Period | None
    ) -> list[pystac.Item]:
        """Items that touch box and period; see `smmap.catalog.registry.Catalog`."""
        return [one.item for one in self.find(definition, bbox, period)]

    def find(self, definition: Definition, bbox: Bbox, period: Period | None) -> list[Candidate]:
        """The same with what planning needs of them; pages go to disk as they come."""
        snapshot = Snapshot()
        items = self._make_items(definition, bbox, None if definition.static else period)
        found = (
            read_item(json.dumps(item), definition, snapshot, place=item["id"]) for item in items
        )
        return select_candidates([one for one in found if one], definition, bbox, period)

    def extent(self, definition: Definition) -> tuple[Bbox, Period]:
        """Box and period of all images; refused for collections of more than `MOST`."""
        found = self.find(definition, _WORLD, None)
        if not found:
            raise EmptySearchError(
                f"{self.address}: no image in {' or '.join(definition.collections)}; correct "
                f"'collections' in definition '{definition.id}'"
            )
        return compute_extent(found)

    def _make_items(
        self, definition: Definition, bbox: Bbox, period: Period | None
    ) -> Iterator[dict[str, Any]]:
        for collection in definition.collections:
            if definition.by_day:
                yield from self._make_days(collection, definition, period)
                continue
            # Linked images first: there is one for each image, and they must be at hand.
            lenders = dict.fromkeys(
                band.collection for band in definition.bands.values() if band.collection
            )
            lent = [self._index(name, definition, bbox, period) for name in lenders if name]
            for image in self._list(collection, definition, bbox, period):
                name = str(image.get("name")).rpartition("/")[2]
                linked = [index[key] for index in lent for key in (name, "") if key in index]
                try:
                    yield make_item(image, collection, self.address, linked)
                except _MALFORMED as error:
                    leave_out(f"{self.address}/v1/{image.get('name')} is no image: {error!r}")

    def _make_days(
        self, collection: str, definition: Definition, period: Period | None
    ) -> Iterator[dict[str, Any]]:
        """One item a day: such collections are global, so that the place does not matter."""
        days: dict[str, list[Document]] = defaultdict(list)
        for image in self._list(collection, definition, _WORLD, period, fields=_TIMES):
            if "startTime" in image:
                days[str(image["startTime"])[:10]].append(image)
            else:
                leave_out(f"{self.address}/v1/{image.get('name')} does not say its time")
        if not days:
            return
        pattern = dict(self._describe(get_asset_id(next(iter(days.values()))[0]["name"])))
        known = {key for band in definition.bands.values() for key in band.assets}
        pattern["bands"] = [band for band in pattern["bands"] if band["id"] in known]
        address = f"{self.address}/v1/{self._describe(collection)['name']}"
        for _, images in sorted(days.items()):
            yield make_day_item(collection, address, images, pattern)

    def _index(
        self, collection: str, definition: Definition, bbox: Bbox, period: Period | None
    ) -> dict[str, Document]:
        """Images by index; a single one, which goes with all, under an empty name."""
        images = self._list(collection, definition, bbox, period, fields=_BANDS)
        if self._describe(collection)["type"] == "IMAGE":
            return {"": next(images)}
        return {str(image.get("name")).rpartition("/")[2]: image for image in images}

    def _describe(self, name: str) -> Document:
        """What the server says of a collection or an image, asked for once."""
        if name not in self._assets:
            place = f"{self.address}/v1/{name}"
            asset = ask(place, lambda ee: ee.data.getAsset(name), CatalogError)
            if asset.get("type") not in _TYPES or "name" not in asset:
                raise CatalogError(
                    f"{place} is no image and no collection of images but '{asset.get('type')}'; "
                    "correct 'collections' in the definition"
                )
            self._assets[name] = asset
        return self._assets[name]

    def _list(
        self,
        collection: str,
        definition: Definition,
        bbox: Bbox,
        period: Period | None,
        **options: Any,
    ) -> Iterator[Document]:
        asset = self._describe(collection)
        if asset["type"] == "IMAGE":
            yield asset
            return
        params = {"parent": collection, "pageSize": PAGE, **options, **_limit(definition, period)}
        boxes = split_bbox(bbox) if bbox != _WORLD else [bbox]
        for box in boxes:
            region = _draw(box)
            yield from self._turn_pages(params | ({"region": region} if region else {}))

    def _turn_page(self, params: dict[str, Any]) -> dict[str, Any]:
        place = f"{self.address}/v1/{params['parent']}"
        page: dict[str, Any] = ask(place, lambda ee: ee.data.listImages(params), CatalogError)
        return page

    def _turn_pages(self, params: dict[str, Any]) -> Iterator[Document]:
        token: str | None = ""
        count = 0
        unlimited = not {"startTime", "region"} & set(params)
        while token is not None:
            page = self._turn_page(params | ({"pageToken": token} if token else {}))
            yield from page["images"]
            count, token = count + len(page["images"]), page.get("nextPageToken")
            if unlimited and token and count >= MOST:
                raise CatalogError(
                    f"{params['parent']} in {self.address} holds more than {MOST} images: give "
                    "the recipe an area and a period"
                )


def _limit(definition: Definition, period: Period | None) -> dict[str, str]:
    """Times that hold all images touching the period, and some more; whole days of UTC."""
    if period is None:
        return {}
    longest = _COMPOSITE if definition.sensor.startswith("modis") else _DAY
    start, end = period.start - longest, period.end + longest + _DAY
    return {"startTime": _write_day(start), "endTime": _write_day(end)}


def _write_day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}T00:00:00Z"


def _draw(box: Bbox) -> dict[str, Any] | None:
    """The box with a point every degree, as its sides are great circles there; None: anywhere."""
    west, south, east, north = box
    if east - west > _WIDEST:
        return None
    outline = shapely.segmentize(shapely.box(west, south, east, north, ccw=True), 1.0)
    drawn: dict[str, Any] = json.loads(shapely.to_geojson(outline))
    return drawn
