"""Pixels of a real Landsat 8 scene and of real OPERA bursts, against plain NumPy."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
from odc.geo.geobox import GeoBox

from smmap.catalog.definitions import load_definition
from smmap.features.request import Request
from smmap.pipeline.scenes import resolve_scene
from smmap.spec.join import Nearest
from smmap.spec.recipe import Optical, Radar
from smmap.spec.tile import Block
from smmap.stack.optical import OpticalBlock
from smmap.stack.radar import RadarGrid, load_radar

pytestmark = pytest.mark.realdata

SCENE = "LC08_L2SP_008059_20191201_20200825_02_T1"
CLEAR = (21824, 21952, 22080)  # land, water, and cloud no more than likely
MOMENT = datetime(2019, 12, 2, tzinfo=UTC)
NEAREST = Nearest(rule="nearest", days_before=3)


def read(path):
    with rasterio.open(path) as file:
        return file.read(1), GeoBox(file.shape, file.transform, str(file.crs))


def test_a_real_landsat_scene(shared_data):
    folder = shared_data / "landsat8-c2l2"
    item = pystac.Item.from_file(str(folder / f"{SCENE}_SR_stac.json"))
    item.properties["platform"] = "LANDSAT_8"
    for key in [*item.assets, "ST_B10.TIF"]:
        item.add_asset(key, pystac.Asset(str(folder / f"{SCENE}_{key}")))
    definition = load_definition("local-landsat")
    bands = ["red", "nir", "surface_temperature"]
    scene = resolve_scene(item, definition, bands)
    flags, geobox = read(folder / f"{SCENE}_QA_PIXEL.TIF")
    wanted = tuple(Request("landsat", band, NEAREST) for band in [*bands, "water"])
    block = OpticalBlock(Block.whole(geobox), 1, (), Optical(), wanted)
    layers = list(block.load_requests([scene], MOMENT).values())
    stored = [read(folder / f"{SCENE}_{key}.TIF")[0] for key in ("SR_B4", "SR_B5", "ST_B10")]
    clear = np.isin(flags, CLEAR) & np.all([one > 0 for one in stored], axis=0)
    assert 10_000 < clear.sum() < 22_000
    scaled = [stored[0] * 2.75e-5 - 0.2, stored[1] * 2.75e-5 - 0.2, stored[2] * 0.00341802 + 149]
    for found, expected in zip(layers, scaled, strict=False):
        np.testing.assert_array_equal(np.isfinite(found), clear)
        np.testing.assert_allclose(found[clear], expected[clear], rtol=1e-6)
    np.testing.assert_array_equal(layers[3][clear] == 1, flags[clear] == 21952)
    assert 285 < np.median(layers[2][clear]) < 320  # bare clearings by day are hot, kelvin
    assert np.median((layers[1] - layers[0])[clear] / (layers[1] + layers[0])[clear]) > 0.6


def test_real_opera_bursts_are_joined(shared_data, tmp_path):
    """Gamma0 times the cosine of the static angle; of three bursts, each where it lies."""
    paths = sorted((shared_data / "california-rtc" / "2021-11-19").glob("*_VV.tif"))
    definition = load_definition("local-opera-rtc-s1")
    scenes, places = [], []
    for path in paths:
        vv, geobox = read(path)
        angle = tmp_path / f"{path.stem}_incidence_angle.tif"
        with rasterio.open(path) as file:
            profile = file.profile
        with rasterio.open(angle, "w", **profile) as file:
            file.write(np.full((1, *vv.shape), 40.0, np.float32))
        item = pystac.Item(
            path.stem.removesuffix("_VV"),
            {"type": "Point", "coordinates": [-119.8, 34.8]},
            [-119.8, 34.8, -119.8, 34.8],
            datetime(2021, 11, 19, 1, 59, tzinfo=UTC),
            {},
        )
        vh = Path(str(path).replace("_VV", "_VH"))
        for key, place in (("0_VV", path), ("0_VH", vh), ("0_incidence_angle", angle)):
            item.add_asset(key, pystac.Asset(str(place)))
        scenes.append(resolve_scene(item, definition, ["vv"]))
        places.append((vv, geobox))
    assert len(places) == 3
    for vv, geobox in places:
        layers = load_radar(
            [scenes],
            Block.whole(geobox),
            RadarGrid(1, 30.0),
            Radar.model_validate({"erode": 0, "despeckle": {"method": "none"}}),
        )
        expected = vv * np.cos(np.radians(40.0))
        np.testing.assert_allclose(layers["sigma0_vv"], expected, rtol=1e-5)
        assert (layers["incidence_deg"] == 40).all()
        assert np.isfinite(layers["sigma0_vh"]).all()
