"""Where and when a scene was taken, whatever way its item says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.exceptions import ProjError
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from smmap.catalog.plain_item import AnyItem
from smmap.spec.errors import SceneError

_UNUSABLE = (
    shapely.errors.ShapelyError,
    ProjError,
    LookupError,
    AttributeError,
    TypeError,
    ValueError,
)


def compute_footprint(item: AnyItem) -> BaseGeometry:
    """Footprint in longitude and latitude, degrees, within -180..180.

    Geometries that were written in projected coordinates (some Sentinel-1 RTC items of the
    Planetary Computer) are brought back by the item's ``proj:code`` or ``proj:epsg``; a missing
    one comes from ``proj:transform`` and ``proj:shape``, else from ``bbox``. What crosses the
    antimeridian comes as parts on both sides of it, whether its ring jumps from 180 to -180 or
    runs on past 180.

    Raises
    ------
    SceneError
        If the item has no usable geometry.
    """
    try:
        shape = shapely.force_2d(_find_shape(item))
        _check_finite(shape)
        parts = [piece for part in shapely.get_parts(shape) for piece in _wrap(part)]
        whole = shapely.make_valid(shapely.union_all(parts))
        if whole.is_empty:
            raise ValueError("it is empty")
    except _UNUSABLE as error:
        reason = f"{type(error).__name__}: {error}"
    else:
        return whole
    raise SceneError(f"item {item.id}: its footprint cannot be used ({reason}); leave it out")


def compute_unrolled(footprint: BaseGeometry) -> BaseGeometry:
    """The footprint in one piece: what lies on both sides of 180 goes on past it."""
    west, _, east, _ = footprint.bounds
    return shapely.transform(footprint, _unroll) if east - west > 180 else footprint


def compute_centroid(footprint: BaseGeometry) -> tuple[float, float]:
    """Longitude (within -180..180) and latitude of the middle, also of one that crosses 180."""
    middle = compute_unrolled(footprint).centroid
    return (float(middle.x) + 180) % 360 - 180, float(middle.y)


def compute_time(item: AnyItem) -> tuple[datetime, datetime, datetime]:
    """First, middle and last instant of the acquisition, UTC.

    From ``start_datetime`` and ``end_datetime`` where both are there (with a blank for the ``T``
    too, as some providers write), else three times ``datetime``. A time without a zone is UTC.

    Raises
    ------
    SceneError
        If the item has no time, or ends before it starts.
    """
    first = _read_time(item, "start_datetime")
    last = _read_time(item, "end_datetime")
    if first is None or last is None:
        moment = _read_time(item, "datetime")
        if moment is None:
            raise SceneError(f"item {item.id}: has no 'datetime'; leave it out")
        return moment, moment, moment
    if last < first:
        raise SceneError(f"item {item.id}: ends at {last} before it starts at {first}")
    return first, first + (last - first) / 2, last


def _read_time(item: AnyItem, key: str) -> datetime | None:
    value = item.datetime if key == "datetime" else item.properties.get(key)
    if value is None:
        return None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise SceneError(f"item {item.id}: '{key}' is no time: {value!r}") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _find_shape(item: AnyItem) -> BaseGeometry:
    """In degrees: the item's geometry; else its pixel grid's outline, else its box."""
    if item.geometry is None:
        for holder in _find_holders(item):
            if "proj:transform" in holder and "proj:shape" in holder:
                outline = _outline(holder["proj:transform"], holder["proj:shape"])
                return _to_lonlat(outline, _find_crs(item))
    if item.geometry is not None:
        shape = shapely.geometry.shape(item.geometry)
        _check_axes(shape, item.bbox)
    elif item.bbox is not None:
        half = len(item.bbox) // 2  # boxes may have heights
        shape = shapely.box(*item.bbox[:2], *item.bbox[half : half + 2])
    else:
        raise ValueError("no geometry, no proj:transform with proj:shape, no bbox")
    return shape if _is_lonlat(shape) else _to_lonlat(shape, _find_crs(item))


def _check_axes(shape: BaseGeometry, bbox: list[float] | None) -> None:
    """A geometry beside its own box has its axes swapped, or is another item's."""
    if bbox is None or len(bbox) not in (4, 6):
        return
    low, high = bbox[1], bbox[len(bbox) // 2 + 1]
    _, south, _, north = shape.bounds
    degrees = _is_lonlat(shape) and -90 <= low <= high <= 90
    if degrees and (south > high or north < low):
        raise ValueError(f"geometry at {south:g}..{north:g} and bbox at {low:g}..{high:g} in y")


def _find_holders(item: AnyItem) -> list[dict[str, Any]]:
    """Where projection fields may be: the item's properties, then those of its assets."""
    return [item.properties, *(asset.extra_fields for asset in item.assets.values())]


def _outline(transform: list[float], shape: list[int]) -> BaseGeometry:
    a, b, c, d, e, f = transform[:6]
    height, width = shape
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    return shapely.Polygon([(a * x + b * y + c, d * x + e * y + f) for x, y in corners])


def _check_finite(shape: BaseGeometry) -> None:
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise ValueError("a coordinate is no number")


def _is_lonlat(shape: BaseGeometry) -> bool:
    """Whether all coordinates may be degrees; half a pixel beyond a pole may still be."""
    west, south, east, north = shape.bounds
    return bool(west >= -360 and east <= 360 and south >= -90.01 and north <= 90.01)


def read_crs(fields: Mapping[str, Any]) -> str | None:
    """``EPSG:...`` of the projection extension's fields, old or new; None where there are none.

    The new one counts. A bare number, in either, is one of EPSG's.
    """
    said = fields.get("proj:code") or fields.get("proj:epsg")
    number = str(said).removesuffix(".0")
    return f"EPSG:{number}" if number.isdecimal() else str(said) if said else None


def _find_crs(item: AnyItem) -> str:
    for holder in _find_holders(item):
        crs = read_crs(holder)
        if crs is not None:
            return crs
    raise ValueError("projected coordinates without proj:code or proj:epsg")


def _to_lonlat(shape: BaseGeometry, crs: str) -> BaseGeometry:
    _check_finite(shape)
    # Straight edges of a projection are curved in degrees: a point every 2 % of the outline.
    transformer = Transformer.from_crs(crs, "OGC:CRS84", always_xy=True)

    def project(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1], errcheck=True))

    return shapely.transform(shapely.segmentize(shape, shape.length / 50), project)


def _wrap(part: BaseGeometry) -> list[BaseGeometry]:
    """Cut at -180 and 180, every piece moved into -180..180."""
    west, _, east, _ = part.bounds
    if east - west > 180:
        unrolled = shapely.transform(part, _unroll)
        low, _, high, _ = unrolled.bounds
        # A footprint right around the globe collapses or stays as wide: it is left as it is.
        if unrolled.area > 0 and high - low <= 180:
            part, west, east = unrolled, low, high
    if west >= -180 and east <= 180:
        return [part]
    pieces = [
        translate(shapely.intersection(part, shapely.box(-180 + turn, -91, 180 + turn, 91)), -turn)
        for turn in (-360, 0, 360)
    ]
    return [piece for piece in pieces if not piece.is_empty]


def _unroll(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack(
        (np.where(points[:, 0] < 0, points[:, 0] + 360, points[:, 0]), points[:, 1])
    )
