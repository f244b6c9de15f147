"""One landscape, stored as each provider stores it: what is read of it is the same to rounding."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import rasterio
from affine import Affine
from documented_items import load_documented, write_catalog
from odc.geo.geobox import GeoBox

from smmap.catalog.companions import find_scenes
from smmap.catalog.definitions import load_definition
from smmap.catalog.static import WORLD, StaticCatalog
from smmap.features.request import Request
from smmap.pipeline.scenes import resolve_scene
from smmap.spec.join import Nearest
from smmap.spec.recipe import Optical
from smmap.spec.tile import Block
from smmap.stack.dark_pixels import check_dark_pixels
from smmap.stack.optical import OpticalBlock

SIDE = 60
PLACE = Affine(10, 0, 650_000, 0, -10, 5_150_000)
BLOCK = Block.whole(GeoBox((SIDE, SIDE), PLACE, "EPSG:32632"))
NEAREST = Nearest(rule="nearest", days_before=3, days_after=3)
ROWS, COLS = np.indices((SIDE, SIDE))
WAVES = 0.02 * np.sin(ROWS / 9) * np.cos(COLS / 7)
TRUTH = {
    "red": 0.06 + WAVES,
    "nir": 0.30 - WAVES,
    "swir16": 0.20 + WAVES,
    "kelvin": 295 + 50 * WAVES,
}
CLOUD, WATER = COLS < 12, (COLS >= 12) & (ROWS < 15)
SINE = np.sin(np.radians(50.5))  # the sun in the Landsat items
SCL = np.where(CLOUD, 9, np.where(WATER, 6, 4))
QA_PIXEL = np.where(CLOUD, 22280, np.where(WATER, 21952, 21824))


def esa(values, offset):
    """Sentinel-2: 1e4 times reflectance, and 1000 more from baseline 04.00 on."""
    return np.round(values * 1e4) + offset


def usgs(values):
    """Landsat C2 L2: (reflectance + 0.2) / 2.75e-5."""
    return np.round((values + 0.2) / 2.75e-5)


def level_1(values):
    """Landsat C2 L1: reflectance times the sine of the sun's elevation is 2e-5 DN - 0.1."""
    return np.round((values * SINE + 0.1) / 2e-5)


def radiance(kelvin):
    """Landsat 8, band 10, by Planck's law with its K1 and K2."""
    return np.round((774.8853 / (np.exp(1321.0789 / kelvin) - 1) - 0.1) / 3.342e-4)


def name_assets(keys, store, mask, **more):
    """Asset key -> stored numbers of red, near infrared and short-wave infrared, and the mask."""
    stored = {key: store(TRUTH[name]) for key, name in zip(keys, TRUTH, strict=False)}
    (mask_key,) = mask
    return stored | {mask_key: mask[mask_key]} | more


def make_item(collection, assets, **properties):
    """An item as the Planetary Computer and Earth Search publish theirs (see tests/realdata)."""
    item = copy.deepcopy(load_documented("usgs-landsat-c2-l2")[0])
    item |= {"id": collection, "collection": collection}
    item["properties"] = {"datetime": "2023-04-15T10:00:00Z", "eo:cloud_cover": 1} | properties
    item["assets"] = {key: {"href": f"https://a.b/{key}.tif"} for key in assets}
    return item


LANDSAT = name_assets(
    ("red", "nir08", "swir16"),
    usgs,
    {"qa_pixel": QA_PIXEL},
    lwir11=np.round((TRUTH["kelvin"] - 149) / 0.00341802),
)
B4, TEN, NAMES = ("B04", "B08", "B11"), ("B04_10m", "B08_10m", "B11_20m"), ("red", "nir", "swir16")
CARRIED = {"s2:processing_baseline": "05.09"}
PROVIDERS = {
    "planetary-computer-sentinel-2-l2a": (
        [make_item("sentinel-2-l2a", (*B4, "SCL"), **CARRIED)],
        name_assets(B4, lambda v: esa(v, 1000), {"SCL": SCL}),
    ),
    "earth-search-sentinel-2-l2a": (
        [
            make_item(
                "sentinel-2-l2a",
                (*NAMES, "scl"),
                **CARRIED,
                **{"earthsearch:boa_offset_applied": True},
            )
        ],
        name_assets(NAMES, lambda v: esa(v, 0), {"scl": SCL}),
    ),
    "copernicus-sentinel-2-l2a": (
        load_documented("copernicus-sentinel-2-l2a"),
        name_assets(TEN, lambda v: esa(v, 1000), {"SCL_20m": SCL}),
    ),
    "local-sentinel-2": (
        [make_item("sentinel-2-l2a", (*NAMES, "scl"), **{"s2:processing_baseline": "02.14"})],
        name_assets(NAMES, lambda v: esa(v, 0), {"scl": SCL}),
    ),
    "earth-search-sentinel-2-c1-l2a": (
        load_documented("earth-search-sentinel-2-c1-l2a"),
        name_assets(NAMES, lambda v: esa(v, 1000), {"scl": SCL}),
    ),
    "earth-search-sentinel-2-l1c": (
        load_documented("earth-search-sentinel-2-l1c"),
        name_assets(NAMES, lambda v: esa(v, 1000), {"scl": SCL}),
    ),
    "copernicus-sentinel-2-l1c": (
        load_documented("copernicus-sentinel-2-l1c"),
        name_assets(B4, lambda v: esa(v, 1000), {"SCL_20m": SCL}),
    ),
    "local-sentinel-2-l1c": (
        [make_item("sentinel-2-l1c", (*NAMES, "cs_cdf"), **{"s2:processing_baseline": "02.09"})],
        name_assets(NAMES, lambda v: esa(v, 0), {"cs_cdf": np.where(CLOUD, 0.1, 0.9)}),
    ),
    "planetary-computer-landsat-c2-l2": (
        [
            make_item(
                "landsat-c2-l2",
                LANDSAT,
                platform="landsat-9",
                **{"landsat:collection_category": "T1"},
            )
        ],
        LANDSAT,
    ),
    "usgs-landsat-c2-l2": (load_documented("usgs-landsat-c2-l2"), LANDSAT),
    "usgs-landsat-c2-l1": (
        load_documented("usgs-landsat-c2-l1"),
        name_assets(
            ("red", "nir08", "swir16"),
            level_1,
            {"qa_pixel": QA_PIXEL},
            lwir11=radiance(TRUTH["kelvin"]),
        ),
    ),
}


def write(path, values):
    dtype = np.float32 if (values % 1).any() else np.uint16
    with rasterio.open(
        path, "w", driver="GTiff", width=SIDE, height=SIDE, count=1, dtype=dtype,
        crs="EPSG:32632", transform=PLACE,
    ) as file:  # fmt: skip
        file.write(values.astype(dtype), 1)


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_gives_the_same_landscape(name, tmp_path):
    items, stored = copy.deepcopy(PROVIDERS[name])
    definition = load_definition(name)
    for key, values in stored.items():
        write(tmp_path / f"{key}.tif", values)
    for item in items:
        for key, asset in item["assets"].items():
            place = {"href": str(tmp_path / f"{key}.tif")}
            asset.update(place)
            if "alternate" in asset:
                asset["alternate"] = dict.fromkeys(asset["alternate"], place)
    catalog = StaticCatalog(write_catalog(tmp_path, items))
    found = find_scenes(catalog, definition, WORLD, None)
    assert len(found) == 1
    bands = ["red", "nir", "swir16"]
    if "surface_temperature" in definition.bands:
        bands.append("surface_temperature")
    scene = resolve_scene(found[0].item, definition, bands)
    check_dark_pixels(scene)
    source = "landsat" if definition.sensor == "landsat" else "sentinel2"
    water = [] if name == "local-sentinel-2-l1c" else ["water"]  # its score knows no water
    wanted = tuple(Request(source, band, NEAREST) for band in [*bands, *water])
    optical = OpticalBlock(BLOCK, 1, (), Optical(), wanted)
    layers = list(optical.load_requests([scene], found[0].middle).values())
    names = [*bands[:3], *(["kelvin"] if bands[3:] else [])]
    for values, truth in zip(layers, map(TRUTH.get, names), strict=False):
        np.testing.assert_array_equal(np.isnan(values), CLOUD)
        step = 5.1e-5 if truth.max() < 1 else 0.005  # half a stored number
        np.testing.assert_allclose(values[~CLOUD], truth[~CLOUD], atol=step)
    if water:
        np.testing.assert_array_equal(layers[len(bands)][~CLOUD] == 1, WATER[~CLOUD])
