"""Items of scenes that do not exist, in the form and size of a provider's."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import shapely
from pystac.utils import datetime_to_str

from smmap.simulate.granules import GRANULE_M, Granule, list_granules
from smmap.simulate.region import Region
from smmap.simulate.slices import SLICE_TIME, Slice, list_slices
from smmap.simulate.stream import open_stream
from smmap.spec.period import Period

Document = dict[str, Any]
"""An item's JSON."""
_DELAY = timedelta(hours=6)
_EXTENSIONS = "https://stac-extensions.github.io"
_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_BANDS = (
    ("coastal", 60), ("blue", 10), ("green", 10), ("red", 10), ("rededge1", 20), ("rededge2", 20),
    ("rededge3", 20), ("nir", 10), ("nir08", 20), ("nir09", 60), ("swir16", 20), ("swir22", 20),
    ("aot", 20), ("wvp", 20), ("scl", 20),
)  # fmt: skip


def list_radar(region: Region, period: Period) -> Iterator[Document]:
    """Sentinel-1 slices of all passes over the region, by time."""
    return map(_describe_radar, list_slices(region, period))


def _describe_radar(one: Slice) -> Document:
    start, end = one.start, one.start + SLICE_TIME
    absolute, relative, state = one.absolute_orbit, one.relative_orbit, one.orbit_state
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
        one.outline,
        properties=properties,
        assets=assets,
        extensions=extensions,
    )


def list_optical(region: Region, period: Period, seed: int) -> Iterator[Document]:
    """Sentinel-2 granules over the region, place by place."""
    for granule in list_granules(region):
        keys = (granule.zone, granule.column, granule.row)
        covers = open_stream(seed, "cover", *keys).beta(0.6, 0.6, 10_000) * 100
        for number, moment in enumerate(granule.list_dates(period)):
            yield _describe_optical(granule, moment, number, float(covers[number % 10_000]))


def _describe_optical(granule: Granule, moment: datetime, number: int, cover: float) -> Document:
    code, ring, corner = granule.code, granule.outline, granule.corner
    satellite = "ab"[number % 2]
    name = f"S2{satellite.upper()}_T{code}_{moment:%Y%m%dT%H%M%S}_L2A"
    properties = {
        "platform": f"sentinel-2{satellite}",
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "eo:cloud_cover": round(cover, 6),
        "grid:code": f"MGRS-{code}",
        "proj:code": granule.crs,
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
        size = round(GRANULE_M / gsd)
        top = corner[1] + GRANULE_M
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
