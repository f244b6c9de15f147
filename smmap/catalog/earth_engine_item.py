"""From what Earth Engine says of an image to a STAC item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import shapely

from smmap.store.earth_engine import get_asset_id

Document = Mapping[str, Any]
"""An ``EarthEngineAsset`` of its REST interface."""

_SAME: Mapping[str, str] = {
    "CLOUDY_PIXEL_PERCENTAGE": "eo:cloud_cover",
    "CLOUD_COVER": "eo:cloud_cover",
    "PROCESSING_BASELINE": "s2:processing_baseline",
    "MGRS_TILE": "s2:mgrs_tile",
    "instrumentMode": "sar:instrument_mode",
    "transmitterReceiverPolarisation": "sar:polarizations",
    "relativeOrbitNumber_start": "sat:relative_orbit",
    "orbitNumber_start": "sat:absolute_orbit",
    "SENSING_ORBIT_NUMBER": "sat:relative_orbit",
    "orbitProperties_pass": "sat:orbit_state",
    "SENSING_ORBIT_DIRECTION": "sat:orbit_state",
    "WRS_PATH": "landsat:wrs_path",
    "WRS_ROW": "landsat:wrs_row",
}
"""Earth Engine's property -> STAC's with the same values (a direction in any case)."""
_WORLD = {
    "type": "Polygon",
    "coordinates": [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]],
}


def make_item(
    document: Document, collection: str, server: str, linked: Sequence[Document] = ()
) -> dict[str, Any]:
    """A STAC item of an image, as JSON.

    Parameters
    ----------
    document
        The image.
    collection
        Id of its collection, or its own.
    server
        Address that images are read from.
    linked
        Images of other collections that lend it their bands.

    Returns
    -------
    dict
        Assets by name of the band; Earth Engine's own properties stay beside those that STAC has
        a name for; the last update is that of any of the images. One that says nothing of its
        footprint may be anywhere.

    Raises
    ------
    LookupError, TypeError, ValueError
        If the document is no image's.
    """
    assets = {
        band["id"]: _describe_band(band, f"{server}/v1/{one['name']}")
        for one in reversed((document, *linked))
        for band in one["bands"]
    }
    start = document.get("startTime") or document["updateTime"]
    latest = max(str(one["updateTime"]) for one in (document, *linked))
    times = {"datetime": start, "updated": latest}
    if document.get("startTime") and document.get("endTime"):
        times |= {"start_datetime": start, "end_datetime": document["endTime"]}
    properties = dict(document.get("properties") or {})
    return _assemble(
        get_asset_id(document["name"]).replace("/", "_"),
        collection,
        document.get("geometry"),
        {**properties, **_translate(properties), **times},
        assets,
    )


def make_day_item(
    collection: str, address: str, day: Sequence[Document], pattern: Document
) -> dict[str, Any]:
    """A STAC item of all images of one UTC day, as JSON.

    Parameters
    ----------
    collection
        Its id.
    address
        Where the collection is read from.
    day
        Its images: names and times.
    pattern
        One image of the collection in full: bands and grid are those of all.
    """
    starts = sorted(str(one["startTime"]) for one in day)
    date = starts[0][:10]
    times = {
        "datetime": starts[0],
        "start_datetime": starts[0],
        "end_datetime": starts[-1],
        "updated": max(str(one["updateTime"]) for one in day),
        "earth_engine:images": len(day),
    }
    assets = {band["id"]: _describe_band(band, f"{address}#{date}") for band in pattern["bands"]}
    name = f"{collection.replace('/', '_')}_{date.replace('-', '')}"
    return _assemble(name, collection, pattern.get("geometry"), times, assets)


def _assemble(
    name: str,
    collection: str,
    geometry: dict[str, Any] | None,
    properties: dict[str, Any],
    assets: dict[str, Any],
) -> dict[str, Any]:
    if geometry is not None and geometry["type"] == "LinearRing":
        geometry = {"type": "Polygon", "coordinates": [geometry["coordinates"]]}
    geometry = geometry or _WORLD
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": name,
        "collection": collection,
        "geometry": geometry,
        "bbox": list(shapely.geometry.shape(geometry).bounds),
        "properties": properties,
        "links": [],
        "assets": assets,
    }


def _describe_band(band: Mapping[str, Any], address: str) -> dict[str, Any]:
    """An asset; without the place of its pixels where the image does not say it."""
    grid = band.get("grid") or {}
    code, wkt = grid.get("crsCode"), grid.get("crsWkt")
    asset: dict[str, Any] = {"href": address, "roles": ["data"]}
    if (code or wkt) and "dimensions" in grid and "affineTransform" in grid:
        place, size = grid["affineTransform"], grid["dimensions"]
        names = ("scaleX", "shearX", "translateX", "shearY", "scaleY", "translateY")
        # Numbers that are zero are left out of such documents.
        asset["proj:transform"] = [place.get(name, 0.0) for name in names]
        asset["proj:shape"] = [size["height"], size["width"]]
        asset |= {"proj:code": code} if code else {"proj:wkt2": wkt}
    return asset


def _translate(properties: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        ours: properties[theirs]
        for theirs, ours in _SAME.items()
        if properties.get(theirs) is not None
    }
    if number := properties.get("platform_number"):
        found["platform"] = f"sentinel-1{str(number).lower()}"
    elif craft := properties.get("SPACECRAFT_NAME") or properties.get("SPACECRAFT_ID"):
        found["platform"] = str(craft).lower().replace("_", "-")
    return found
