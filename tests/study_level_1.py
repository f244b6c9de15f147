"""A simulated world's level 1 as items of the Copernicus Data Space, Earth Search and USGS.

Asset names, ids and properties are those of the definitions and of their providers' documentation;
ERA5-Land as one Zarr archive, as the Earth Data Hub keeps it.
"""

from __future__ import annotations

import json
import shutil

import numpy as np
import rasterio
import xarray as xr
from served_item import write_item

COPERNICUS = {
    "coastal": "B01", "blue": "B02", "green": "B03", "red": "B04", "rededge1": "B05",
    "rededge2": "B06", "rededge3": "B07", "nir": "B08", "nir08": "B8A", "nir09": "B09",
    "cirrus": "B10", "swir16": "B11", "swir22": "B12",
}  # fmt: skip
CLEAR, CLOUD = 4, 9


def write_level_1(sources, out, provider):
    """What the provider serves of the world's L1C and Landsat scenes."""
    for path in sorted(sources.glob("*/*/*.json")):
        item = json.loads(path.read_text())
        match item.get("collection"), provider:
            case "sentinel-2-l1c", "copernicus":
                _write_copernicus(path, item, out)
            case "sentinel-2-l1c", "earth-search-level-1":
                _write_earth_search(path, item, out)
            case "landsat-c2-l1", "copernicus":
                _write_usgs(path, item, out)


def _write_copernicus(path, item, out):
    """No mask with L1C: the scene classification is an asset of L2A, by another name and time."""
    facts = item["properties"]
    platform = f"S2{facts['platform'][-1].upper()}"
    taken = facts["datetime"].replace("-", "").replace(":", "")[:15]
    facts = {key: value for key, value in facts.items() if not key.startswith("s2:")}
    facts |= {"processing:version": "05.09", "product:type": "S2MSI1C"}
    name = f"{platform}_MSIL%s_{taken}_N0509_R051_T31UFS_%s"
    bands = {theirs: path.parent / f"{ours}.tif" for ours, theirs in COPERNICUS.items()}
    top = {**item, "id": name % ("1C", "20230412T101112"), "properties": facts}
    write_item(out, top, bands)
    below = {**top, "id": name % ("2A", "20230412T121314"), "collection": "sentinel-2-l2a"}
    write_item(out, below, {"SCL_20m": _classify(path, out)})
    shutil.rmtree(out / "scratch")


def _write_earth_search(path, item, out):
    day = item["properties"]["datetime"][:10].replace("-", "")
    name = f"S2{item['properties']['platform'][-1].upper()}_31UFS_{day}_0"
    bands = {key: path.parent / f"{key}.tif" for key in COPERNICUS}
    write_item(out, {**item, "id": f"{name}_L1C"}, bands)
    below = {**item, "id": f"{name}_L2A", "collection": "sentinel-2-l2a"}
    applied = {"earthsearch:boa_offset_applied": True}
    write_item(out, below, {"scl": _classify(path, out)}, **applied)
    shutil.rmtree(out / "scratch")


def _classify(path, out):
    """Scene classes that say what the world's own cloud score says from 0.6 on."""
    with rasterio.open(path.parent / "cloud_score.tif") as file:
        classes = np.where(file.read(1) >= np.float32(0.6), CLEAR, CLOUD).astype(np.uint8)
        profile = file.profile | {"dtype": "uint8", "nodata": 0}
    scratch = out / "scratch" / "scl.tif"
    scratch.parent.mkdir()
    with rasterio.open(scratch, "w", **profile) as file:
        file.write(classes, 1)
    return scratch


def _write_usgs(path, item, out):
    facts = item["properties"]
    facts = facts | {
        "platform": facts["platform"].upper().replace("-", "_"),
        "landsat:collection_category": "T1",
        "landsat:correction": "L1TP",
    }
    files = {one.stem: one for one in sorted(path.parent.glob("*.tif"))}
    write_item(out, {**item, "collection": "landsat-c2l1", "properties": facts}, files)


def write_archive(folder, out):
    """ERA5-Land's file as a Zarr archive, from south to north."""
    with xr.open_dataset(folder / "data_stream-oper.nc", decode_times=False) as data:
        data.isel(latitude=slice(None, None, -1)).drop_encoding().to_zarr(
            out, zarr_format=2, consolidated=True
        )
    return out
