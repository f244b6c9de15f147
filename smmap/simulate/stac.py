"""The simulated scenes as STAC 1.1, in the form of a provider's static catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pystac
import shapely
from odc.geo.geobox import GeoBox
from pystac.utils import datetime_to_str
from shapely.geometry.base import BaseGeometry

from smmap.grid.reproject import reproject_geometry

CATALOG_ID = "smmap-simulated-world"
"""By which a world is known as ours."""
COLLECTIONS: Mapping[str, str] = {
    "sentinel-1-grd": "Simulated Sentinel-1A IW GRD sigma0 (ellipsoid), linear power",
    "sentinel-2-l2a": "Simulated Sentinel-2 L2A surface reflectance, with the "
    "offset of processing baseline 04.00 and later, declared for each band",
    "cop-dem-glo-30": "Simulated elevation in the form of Copernicus DEM GLO-30",
}
"""Collection id -> description."""
MORE_COLLECTIONS: Mapping[str, str] = {
    "sentinel-2-l1c": "Simulated Sentinel-2 L1C top-of-atmosphere reflectance with a cloud score",
    "landsat-c2-l1": "Simulated Landsat 8 and 9 Collection 2 level 1",
    "alos-dem": "Simulated elevation in the form of ALOS World 3D 30 m",
    "srtm": "Simulated elevation in the form of SRTM, one arc second",
    "esa-worldcover": "Simulated land cover in the form of ESA WorldCover 2021",
}
"""The same of a world's other sources."""

_EXTENSIONS = "https://stac-extensions.github.io"
_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
# Scenes become public some hours after their acquisition; the wall clock never enters.
_DELAY = timedelta(hours=6)


def make_item(
    item_id: str,
    moment: datetime,
    *,
    footprint: BaseGeometry,
    geobox: GeoBox,
    properties: Mapping[str, Any],
    extensions: Sequence[str] = (),
) -> pystac.Item:
    """An item with footprint (longitude, latitude), grid, and times.

    ``extensions`` are names with versions, such as ``sar/v1.3.0``; projection and raster are
    always there.
    """
    names = ("projection/v2.0.0", "raster/v1.1.0", *extensions)
    published = datetime_to_str(moment + _DELAY)
    return pystac.Item(
        item_id,
        shapely.geometry.mapping(footprint),
        list(footprint.bounds),
        moment,
        {**properties, **_describe_grid(geobox), "created": published, "updated": published},
        stac_extensions=[f"{_EXTENSIONS}/{name}/schema.json" for name in names],
    )


def add_asset(
    item: pystac.Item,
    name: str,
    href: Path,
    band: Mapping[str, Any],
    geobox: GeoBox | None = None,
) -> None:
    """Add a COG; ``band`` is its ``raster:bands`` entry, ``geobox`` its grid if not the item's."""
    extra: dict[str, Any] = {"raster:bands": [dict(band)]}
    if geobox is not None:
        extra |= _describe_grid(geobox)
    item.add_asset(
        name, pystac.Asset(str(href), media_type=_COG, roles=["data"], extra_fields=extra)
    )


def compute_footprint(geobox: GeoBox) -> BaseGeometry:
    """The outline of a grid, longitude and latitude."""
    return reproject_outline(shapely.geometry.box(*geobox.boundingbox.bbox), geobox)


def reproject_outline(outline: BaseGeometry, geobox: GeoBox) -> BaseGeometry:
    """An outline in a grid's CRS, in longitude and latitude, its corners only."""
    wide = reproject_geometry(outline, str(geobox.crs), "EPSG:4326")
    return shapely.set_precision(wide.simplify(1e-5), 1e-7)


def write_catalog(folder: Path, items: Mapping[str, Sequence[pystac.Item]]) -> None:
    """Write root, collections and items, self-contained; assets stay where they are."""
    catalog = pystac.Catalog(CATALOG_ID, "A simulated world whose soil moisture is known")
    for name, members in items.items():
        collection = pystac.Collection(
            name,
            {**COLLECTIONS, **MORE_COLLECTIONS}[name],
            pystac.Extent.from_items(members),
            license="Apache-2.0",
        )
        collection.add_items(members)
        catalog.add_child(collection)
    catalog.normalize_hrefs(str(folder))
    for item in catalog.get_items(recursive=True):
        item.make_asset_hrefs_relative()
    catalog.save(pystac.CatalogType.SELF_CONTAINED)


def _describe_grid(geobox: GeoBox) -> dict[str, Any]:
    return {
        "proj:code": str(geobox.crs),
        "proj:shape": list(geobox.shape),
        "proj:transform": list(geobox.affine)[:6],
    }
