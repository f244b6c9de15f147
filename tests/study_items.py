"""A simulated world as items and files of STAC APIs: Planetary Computer, Earth Search, Copernicus.

Asset names, offsets and radiometry are those of their own real items; see their definitions.
"""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime, timedelta

import numpy as np
import rasterio
from served_item import write_item
from study_level_1 import write_level_1

from smmap.simulate.area import list_areas
from smmap.simulate.orbits import TRACKS
from smmap.simulate.swath import compute_view

SENTINEL_2 = {
    "blue": "B02", "green": "B03", "red": "B04", "nir": "B08", "swir16": "B11", "swir22": "B12",
    "scl": "SCL",
}  # fmt: skip


def serve_folder(world, out, numbers, provider):
    """Write what the provider's STAC API would serve of a world into ``out``."""
    out.mkdir()
    root = {"type": "Catalog", "stac_version": "1.1.0", "id": "root", "description": "root"}
    (out / "catalog.json").write_text(json.dumps({**root, "links": []}))
    (area,) = list_areas(numbers["tiles"], numbers["size"])
    for path in sorted(world.glob("*/*/*.json")):
        item = json.loads(path.read_text())
        match item.get("collection"), provider:
            case "sentinel-1-grd", "planetary-computer" | "copernicus":
                _write_rtc(path, item, out, area)
            case "sentinel-2-l2a", "planetary-computer":
                assets = {
                    theirs: (path.parent / f"{ours}.tif") for ours, theirs in SENTINEL_2.items()
                }
                write_item(out, item, assets)
            case "sentinel-2-l2a", "copernicus-level-2":
                _write_copernicus(path, item, out)
            case "sentinel-2-l2a", "earth-search-collection-1":
                again = {**item, "collection": "sentinel-2-c1-l2a"}
                write_item(out, again, {key: path.parent / f"{key}.tif" for key in SENTINEL_2})
            case "sentinel-2-l2a", "earth-search":
                _write_applied(path, item, out)
            case "cop-dem-glo-30", "planetary-computer" | "earth-search" | "earth-search-level-1":
                write_item(out, item, {"data": path.parent / "data.tif"})
    write_level_1(world / "sources", out, provider)
    if provider == "copernicus":
        _write_static(world / "sources", out)
    if provider == "planetary-computer":
        sources = world / "sources"
        _write_composites(sources / "modis-lai", out, "modis-15A3H-061", 4)
        _write_composites(sources / "modis-vegetation-250m", out, "modis-13Q1-061", 16)
    for folder in (one for one in out.iterdir() if one.is_dir()):
        (folder / "collection.json").write_text(json.dumps(_describe(folder.name)))
    return out


def _describe(collection):
    return {
        "type": "Collection", "stac_version": "1.0.0", "id": collection, "description": "-",
        "license": "other", "links": [],
        "extent": {
            "spatial": {"bbox": [[0.9, 51.2, 1.1, 51.4]]},
            "temporal": {"interval": [["2023-04-01T00:00:00Z", "2023-04-12T00:00:00Z"]]},
        },
    }  # fmt: skip


def _rewrite(source, target, change, **profile):
    target.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(source) as file:
        values, transform, kept = file.read(1), file.transform, file.profile
    options = {"driver": "GTiff", "count": 1, "dtype": kept["dtype"], "crs": kept["crs"]}
    options |= {"transform": transform, "nodata": kept["nodata"], **profile}
    height, width = values.shape
    with rasterio.open(target, "w", height=height, width=width, **options) as file:
        file.write(change(values, transform).astype(options["dtype"]), 1)


def _write_static(sources, out):
    """ALOS, NASADEM in place of SRTM, land cover: by the asset names of the Planetary Computer."""
    keys = {"alos-dem": "data", "srtm": "elevation", "esa-worldcover": "map"}
    for path in sorted(sources.glob("*/*/*.json")):
        item = json.loads(path.read_text())
        if item["collection"] in keys:
            (file,) = path.parent.glob("*.tif")
            name = item["collection"].replace("srtm", "nasadem")
            write_item(out, {**item, "collection": name}, {keys[item["collection"]]: file})


def _write_rtc(path, item, out, area):
    """Gamma0 of flat ground, nodata -32768, no angle: sigma0 over the cosine."""
    orbit = item["properties"]["sat:relative_orbit"]
    (track,) = (one for one in TRACKS if one.relative_orbit == orbit)
    cosine = np.cos(np.radians(compute_view(area, track).incidence_deg))
    left, top = area.block.xs()[0] - 5, area.block.ys()[0] + 5

    def change(sigma0, transform):
        row, col = round((top - transform.f) / 10), round((transform.c - left) / 10)
        gamma0 = sigma0 / cosine[row : row + sigma0.shape[0], col : col + sigma0.shape[1]]
        return np.where(np.isfinite(gamma0), gamma0, -32768)

    item = {**item, "id": f"{item['id']}_rtc", "collection": "sentinel-1-rtc"}
    scratch = out / "scratch"
    for key in ("vv", "vh"):
        _rewrite(path.parent / f"{key}.tif", scratch / f"{key}.tif", change, nodata=-32768)
    write_item(out, item, {key: scratch / f"{key}.tif" for key in ("vv", "vh")})
    shutil.rmtree(scratch)


def _write_copernicus(path, item, out):
    """ESA's own names: the pixel size in each, the baseline as the processing's version."""
    facts = {key: one for key, one in item["properties"].items() if not key.startswith("s2:")}
    facts |= {"processing:version": "05.09", "product:type": "S2MSI2A"}
    platform, taken = facts["platform"][-1].upper(), re.sub(r"[-:]", "", facts["datetime"])[:15]
    name = f"S2{platform}_MSIL2A_{taken}_N0509_R051_T31UFS_20230412T121314"
    sizes = {"swir16": 20, "swir22": 20, "scl": 20}
    files = {
        f"{theirs}_{sizes.get(ours, 10)}m": path.parent / f"{ours}.tif"
        for ours, theirs in SENTINEL_2.items()
    }
    write_item(out, {**item, "id": name, "properties": facts}, files)


def _write_applied(path, item, out):
    """Earth Search's COGs: the offset taken out, and said so."""
    scratch = out / "scratch"
    for key in SENTINEL_2:

        def change(stored, _, key=key):
            return stored if key == "scl" else np.maximum(stored.astype(int) - 1000, 1)

        _rewrite(path.parent / f"{key}.tif", scratch / f"{key}.tif", change)
    files = {key: scratch / f"{key}.tif" for key in SENTINEL_2}
    write_item(out, item, files, **{"earthsearch:boa_offset_applied": True})
    shutil.rmtree(scratch)


def _write_composites(folder, out, collection, days):
    """One item a composite, of start and end alone."""
    scenes = {}
    for path in sorted(folder.glob("*.tif")):
        product, asset, date = re.match(r"(\w+)\.061_+(.*)_doy(\d{7})", path.name).groups()
        scenes.setdefault((product, date), {})[asset] = path
    for (product, date), files in scenes.items():
        start = datetime.strptime(date, "%Y%j").replace(tzinfo=UTC)
        end = start + timedelta(days=days, seconds=-1)
        write_item(
            out,
            {
                "type": "Feature", "stac_version": "1.0.0", "collection": collection,
                "id": f"{product}.A{date}.h18v03.061", "bbox": [0.0, 50.0, 2.0, 52.0],
                "geometry": {"type": "Polygon", "coordinates": [
                    [[0, 50], [2, 50], [2, 52], [0, 52], [0, 50]]]},
                "properties": {
                    "datetime": None,
                    "start_datetime": f"{start:%Y-%m-%dT%H:%M:%SZ}",
                    "end_datetime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
                },
            },
            files,
        )  # fmt: skip
