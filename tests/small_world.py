"""A static STAC folder of a few flat scenes anywhere on Earth, to be broken by tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pystac
import rasterio
import shapely
from affine import Affine
from pyproj import Transformer
from shapely.geometry import box, mapping

from smmap.store.gdal import open_settings

VV, VH = 10**-1.2, 10**-1.9
RED, NIR = 0.08, 0.20
START = datetime(2023, 6, 1, 6, 0, tzinfo=UTC)


class SmallWorld:
    """Radar and optical scenes of ``size`` x ``size`` pixels of 10 m, constant unless changed.

    ``tile`` is the side of their files' internal tiles.
    """

    def __init__(
        self, folder: Path, *, crs="EPSG:32631", left=640_000, top=5_680_000, size=48, tile=16
    ):
        self.folder, self.crs, self.size, self.tile = folder, crs, size, tile
        self.transform = Affine(10, 0, left, 0, -10, top)
        self._items: dict[str, list[dict]] = {
            "sentinel-1-grd": [],
            "sentinel-2-l2a": [],
            "landsat-c2-l2": [],
        }

    def add_radar(self, name, *, days=0.0, orbit=88, state="ascending", vv=VV, vh=VH, **properties):
        assets = {"vv": self._fill(vv, np.float32), "vh": self._fill(vh, np.float32)}
        properties = {
            "platform": "sentinel-1a",
            "sar:polarizations": ["VV", "VH"],
            "sat:orbit_state": state,
            "sat:relative_orbit": orbit,
            "view:incidence_angle": 38.0,
        } | properties
        return self._add("sentinel-1-grd", name, days, assets, properties)

    def add_optical(self, name, *, days=0.0, red=RED, nir=NIR, scl=5, **properties):
        assets = {
            "red": self._fill(np.asarray(red) * 1e4, np.uint16),
            "nir": self._fill(np.asarray(nir) * 1e4, np.uint16),
            "scl": self._fill(scl, np.uint8),
        }
        return self._add("sentinel-2-l2a", name, days, assets, {"eo:cloud_cover": 0} | properties)

    def add_landsat(self, name, *, days=0.0, red=RED, nir=NIR, qa=21824, **properties):
        """Collection 2, level 2; QA_PIXEL 21824 is clear land."""
        assets = {
            key: self._fill(np.round((np.asarray(value) + 0.2) / 2.75e-5), np.uint16)
            for key, value in {"red": red, "nir08": nir}.items()
        }
        assets["qa_pixel"] = self._fill(qa, np.uint16)
        properties = {"platform": "landsat-8", "eo:cloud_cover": 0} | properties
        return self._add("landsat-c2-l2", name, days, assets, properties)

    def write(self) -> Path:
        """Write catalogue and collections; the catalogue's file."""
        links = []
        for collection, items in self._items.items():
            path = self.folder / collection / "collection.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            hrefs = [f"./{item['id']}/{item['id']}.json" for item in items]
            path.write_text(
                json.dumps(
                    {
                        "type": "Collection",
                        "id": collection,
                        "stac_version": "1.1.0",
                        "description": "flat scenes",
                        "license": "other",
                        "extent": {
                            "spatial": {"bbox": [[-180, -90, 180, 90]]},
                            "temporal": {"interval": [[None, None]]},
                        },
                        "links": [{"rel": "item", "href": href} for href in hrefs],
                    }
                )
            )
            links.append({"rel": "child", "href": f"./{collection}/collection.json"})
            for item in items:
                place = self.folder / collection / item["id"] / f"{item['id']}.json"
                place.write_text(json.dumps(item))
        root = self.folder / "catalog.json"
        document = {"type": "Catalog", "id": "small", "stac_version": "1.1.0", "description": "-"}
        root.write_text(json.dumps(document | {"links": links}))
        return root

    def get_path(self, collection: str, name: str, asset: str) -> Path:
        """The file of an asset."""
        return self.folder / collection / name / f"{asset}.tif"

    def _fill(self, value, dtype):
        return np.broadcast_to(np.asarray(value), (self.size, self.size)).astype(dtype)

    def _add(self, collection, name, days, assets, properties):
        item = {
            "type": "Feature",
            "stac_version": "1.1.0",
            "id": name,
            "collection": collection,
            "geometry": mapping(self._outline()),
            "bbox": list(self._outline().bounds),
            "properties": {
                "datetime": pystac.utils.datetime_to_str(START + timedelta(days=days)),
                "proj:code": self.crs,
                "proj:shape": [self.size, self.size],
                "proj:transform": list(self.transform)[:6],
            }
            | properties,
            "links": [],
            "assets": {},
        }
        for key, values in assets.items():
            path = self.get_path(collection, name, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            tiles = {"blockxsize": self.tile, "blockysize": self.tile}
            write_raster(path, values, self.crs, self.transform, **tiles)
            item["assets"][key] = {"href": f"./{key}.tif", "roles": ["data"]}
            if values.dtype == np.uint16 and collection == "sentinel-2-l2a":
                bands = [{"nodata": 0, "scale": 1e-4, "offset": 0}]
                item["assets"][key]["raster:bands"] = bands
        self._items[collection].append(item)
        return item

    def _outline(self):
        side = self.size * 10
        x, y = self.transform.c, self.transform.f
        dense = shapely.segmentize(box(x, y - side, x + side, y), side / 4)
        to_degrees = Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True).transform
        return shapely.transform(dense, lambda xy: np.column_stack(to_degrees(*xy.T)))


def make_dated_world(folder: Path, days=(0, 1, 2)) -> SmallWorld:
    """An overpass a day, each brighter than the one before, and a clear optical scene."""
    world = SmallWorld(folder)
    for day in days:
        vv = VV * (1 + 0.1 * day) * np.ones((48, 48), np.float32)
        world.add_radar(f"S1A_{day}", days=day, orbit=10 + day, vv=vv)
    world.add_optical("S2_CLEAR", days=0.5)
    return world


def write_raster(path, values, crs, transform, **profile):
    """A small tiled GeoTIFF."""
    nodata = np.nan if values.dtype.kind == "f" else 0
    options = {"driver": "GTiff", "tiled": True, "blockxsize": 16, "blockysize": 16}
    height, width = values.shape
    with (
        open_settings(),
        rasterio.open(
            path,
            "w",
            **options | {"compress": "deflate", "nodata": nodata} | profile,
            width=width,
            height=height,
            count=1,
            dtype=values.dtype,
            crs=crs,
            transform=transform,
        ) as file,
    ):
        file.write(values, 1)
