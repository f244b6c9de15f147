"""Items of scenes that do not exist, in the form and size of a provider's."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import shapely
from pystac.utils import datetime_to_str

from smmap.grid.reproject import reproject_geometry
from smmap.simulate.orbits import REPEAT_DAYS, REPEAT_ORBITS
from smmap.simulate.stream import open_stream
from smmap.spec.period import Period

Document = dict[str, Any]
"""An item's JSON."""
Region = tuple[float, float, float, float]
"""West, south, east, north, degrees."""

_KM_A_DEGREE = 111.32
_SWATH_KM, _SLICE_KM = 250.0, 170.0
_SLICE_TIME = timedelta(seconds=25)
_ORBIT = timedelta(days=REPEAT_DAYS) / REPEAT_ORBITS
_LEAN = 0.25
"""Degrees of longitude that a ground track goes west for every degree north, ascending."""
_GRANULE_M, _GRANULE_STEP_M = 109_800, 100_000
_REVISIT = timedelta(days=5)
_DELAY = timedelta(hours=6)
_EXTENSIONS = "https://stac-extensions.github.io"
_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_BANDS = (
    ("coastal", 60), ("blue", 10), ("green", 10), ("red", 10), ("rededge1", 20), ("rededge2", 20),
    ("rededge3", 20), ("nir", 10), ("nir08", 20), ("nir09", 60), ("swir16", 20), ("swir22", 20),
    ("aot", 20), ("wvp", 20), ("scl", 20),
)  # fmt: skip


def list_radar(region: Region, period: Period) -> Iterator[Document]:
    """Sentinel-1 slices of all passes over the region, by orbit."""
    south, north = region[1], region[3]
    height = _SLICE_KM / _KM_A_DEGREE
    bottoms = [height * k for k in range(math.floor(south / height), math.ceil(north / height))]
    first = period.start
    for number in range(math.ceil((period.end - first) / _ORBIT)):
        relative = number % REPEAT_ORBITS + 1
        crossing = -360.0 * REPEAT_DAYS / REPEAT_ORBITS * (relative - 1)
        for state, lean, shift in (("ascending", -_LEAN, 0.0), ("descending", _LEAN, 192.0)):
            for index, bottom in enumerate(bottoms):
                start = first + number * _ORBIT + index * _SLICE_TIME + _half(state)
                ring = _outline(crossing + shift, lean, bottom, bottom + height)
                if start < period.end and ring.intersects(shapely.box(*region)):
                    yield _describe_radar(start, number, relative, state, ring)


def _half(state: str) -> timedelta:
    return _ORBIT / 2 if state == "descending" else timedelta(0)


def _outline(crossing: float, lean: float, south: float, north: float) -> shapely.Polygon:
    """A leaning box around a track, longitudes within -180..180 near the middle."""
    corners = []
    for lat, side in ((south, -1), (south, 1), (north, 1), (north, -1)):
        half = _SWATH_KM / 2 / (_KM_A_DEGREE * math.cos(math.radians(lat)))
        corners.append((lean * lat + side * half, lat))
    middle = (crossing + lean * south + 180) % 360 - 180 - lean * south
    return shapely.Polygon([(round(middle + lon, 6), round(lat, 6)) for lon, lat in corners])


def _describe_radar(
    start: datetime, number: int, relative: int, state: str, ring: shapely.Polygon
) -> Document:
    end, absolute = start + _SLICE_TIME, 47_900 + number
    times = f"{start:%Y%m%dT%H%M%S}_{end:%Y%m%dT%H%M%S}"
    name = f"S1A_IW_GRDH_1SDV_{times}_{absolute:06d}_{relative:03d}{state[0].upper()}"
    properties = {
        "start_datetime": datetime_to_str(start),
        "end_datetime": datetime_to_str(end),
        "platform": "sentinel-1a",
        "constellation": "sentinel-1",
        "instruments": ["c-sar"],
        "sar:instrument_mode": "IW",
        "sar:frequency_band": "C",
        "sar:center_frequency": 5.405,
        "sar:polarizations": ["VV", "VH"],
        "sar:product_type": "GRD",
        "sar:resolution_range": 20,
        "sar:resolution_azimuth": 22,
        "sar:pixel_spacing_range": 10,
        "sar:pixel_spacing_azimuth": 10,
        "sar:looks_range": 5,
        "sar:looks_azimuth": 1,
        "sar:looks_equivalent_number": 4.4,
        "sar:observation_direction": "right",
        "sat:orbit_state": state,
        "sat:absolute_orbit": absolute,
        "sat:relative_orbit": relative,
        "s1:datatake_id": f"{absolute * 8:06X}",
        "s1:orbit_source": "RESORB",
        "s1:processing_level": "1",
        "s1:product_timeliness": "Fast-24h",
        "s1:resolution": "high",
    }
    assets: Document = {}
    for name_of_band in ("vv", "vh"):
        assets[name_of_band] = {
            **_asset(name, f"iw-{name_of_band}", f"{name_of_band.upper()} amplitude"),
            "raster:bands": [{"data_type": "float32", "nodata": "nan", "unit": "1"}],
        }
        for kind in ("product", "calibration", "noise"):
            assets[f"schema-{kind}-{name_of_band}"] = {
                "href": f"./{name}/annotation/{kind}-iw-{name_of_band}.xml",
                "type": "application/xml",
                "title": f"{kind.title()} schema of {name_of_band.upper()}",
                "description": f"Describes the {kind} of the image data of this polarisation",
                "roles": ["metadata"],
            }
    extensions = ("sar/v1.3.0", "sat/v1.2.0", "processing/v1.2.0", "raster/v1.1.0")
    moment = start + (end - start) / 2
    return _describe(
        name,
        "sentinel-1-grd",
        moment,
        ring,
        properties=properties,
        assets=assets,
        extensions=extensions,
    )


def list_optical(region: Region, period: Period, seed: int) -> Iterator[Document]:
    """Sentinel-2 granules over the region, place by place."""
    west, south, east, north = region
    outline = shapely.box(*region)
    for zone in range(math.floor((west + 180) / 6) + 1, math.floor((east + 180) / 6) + 2):
        left = max(west, 6 * (zone - 1) - 180.0)
        strip = shapely.box(left, south, min(east, 6 * zone - 180.0), north).intersection(outline)
        if strip.area == 0:
            continue
        crs = f"EPSG:{32600 + zone}"
        bounds = reproject_geometry(strip, "EPSG:4326", crs).bounds
        for column, row in _list_cells(bounds):
            x, y = column * _GRANULE_STEP_M, row * _GRANULE_STEP_M
            square = shapely.box(x, y, x + _GRANULE_M, y + _GRANULE_M)
            ring = reproject_geometry(square, crs, "EPSG:4326").simplify(1e-3)
            if not ring.intersects(outline):
                continue
            code = f"{zone:02d}{column:02d}{row:03d}"
            covers = open_stream(seed, "cover", zone, column, row).beta(0.6, 0.6, 10_000) * 100
            first = period.start + timedelta(days=(column + zone) % 5, hours=10, minutes=46)
            for number in range(max(0, math.ceil((period.end - first) / _REVISIT))):
                moment = first + number * _REVISIT
                yield _describe_optical(
                    moment,
                    code,
                    number=number,
                    cover=float(covers[number % 10_000]),
                    crs=crs,
                    corner=(x, y),
                    ring=ring,
                )


def _list_cells(bounds: tuple[float, float, float, float]) -> Iterator[tuple[int, int]]:
    left, bottom, right, top = (side / _GRANULE_STEP_M for side in bounds)
    for column in range(math.floor(left), math.ceil(right)):
        for row in range(math.floor(bottom), math.ceil(top)):
            yield column, row


def _describe_optical(
    moment: datetime,
    code: str,
    *,
    number: int,
    cover: float,
    crs: str,
    corner: tuple[float, float],
    ring: shapely.Polygon,
) -> Document:
    satellite = "ab"[number % 2]
    name = f"S2{satellite.upper()}_T{code}_{moment:%Y%m%dT%H%M%S}_L2A"
    properties = {
        "platform": f"sentinel-2{satellite}",
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "eo:cloud_cover": round(cover, 6),
        "grid:code": f"MGRS-{code}",
        "proj:code": crs,
        "proj:centroid": {"lat": round(ring.centroid.y, 5), "lon": round(ring.centroid.x, 5)},
        "s2:processing_baseline": "05.09",
        "s2:product_type": "S2MSI2A",
        "s2:nodata_pixel_percentage": 0.0,
        "s2:snow_ice_percentage": 0.0,
        "s2:datatake_type": "INS-NOBS",
        "view:sun_azimuth": 155.2,
        "view:sun_elevation": 48.1,
    }
    assets: Document = {}
    for band, gsd in _BANDS:
        size = round(_GRANULE_M / gsd)
        top = corner[1] + _GRANULE_M
        is_class = band == "scl"
        assets[band] = {
            **_asset(name, band, f"{band} - {gsd}m"),
            "gsd": gsd,
            "proj:shape": [size, size],
            "proj:transform": [gsd, 0, corner[0], 0, -gsd, top],
            "raster:bands": [
                {"nodata": 0, "data_type": "uint8", "spatial_resolution": gsd}
                if is_class
                else {"nodata": 0, "data_type": "uint16", "scale": 0.0001, "offset": -0.1}
            ],
        }
    extensions = ("eo/v2.0.0", "grid/v1.1.0", "projection/v2.0.0", "raster/v1.1.0", "view/v1.1.0")
    return _describe(
        name,
        "sentinel-2-l2a",
        moment,
        ring,
        properties=properties,
        assets=assets,
        extensions=extensions,
    )


def list_elevation(region: Region) -> Iterator[Document]:
    """Elevation tiles of one degree, those of the tiles' surroundings included."""
    west, south, east, north = region
    moment = datetime.fromisoformat("2021-04-22T00:00:00+00:00")
    for lon in np.arange(math.floor(west) - 2, math.ceil(east) + 2):
        for lat in np.arange(math.floor(south) - 1, math.ceil(north) + 1):
            name = f"Copernicus_DSM_COG_10_N{lat:02d}_00_E{lon:03d}_00_DEM"
            ring = shapely.box(float(lon), float(lat), float(lon) + 1, float(lat) + 1)
            assets = {"data": _asset(name, "data", "Elevation")}
            yield _describe(
                name, "cop-dem-glo-30", moment, ring, properties={"gsd": 30}, assets=assets
            )


def _asset(name: str, key: str, title: str) -> Document:
    return {"href": f"./{name}/{key}.tif", "type": _COG, "title": title, "roles": ["data"]}


def _describe(
    name: str,
    collection: str,
    moment: datetime,
    ring: shapely.Polygon,
    *,
    properties: Document,
    assets: Document,
    extensions: tuple[str, ...] = (),
) -> Document:
    published = datetime_to_str(moment + _DELAY)
    times = {"datetime": datetime_to_str(moment), "created": published, "updated": published}
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [f"{_EXTENSIONS}/{one}/schema.json" for one in extensions],
        "id": name,
        "collection": collection,
        "geometry": shapely.geometry.mapping(ring),
        "bbox": list(ring.bounds),
        "properties": {**times, **properties},
        "links": [{"rel": "collection", "href": "../collection.json", "type": "application/json"}],
        "assets": assets,
    }
