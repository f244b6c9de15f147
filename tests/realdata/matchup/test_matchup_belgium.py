"""Samples of ten real overpasses, beside the pixels as rasterio reads them."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pystac
import pytest
import rasterio
from pyproj import Transformer

from smmap.insitu.frame import complete_frame
from smmap.matchup.make_samples import make_samples
from smmap.matchup.wanted import load_wanted
from smmap.pipeline.recipe import load_recipe

pytestmark = pytest.mark.realdata

TO_DEGREES = Transformer.from_crs("EPSG:32631", "EPSG:4326", always_xy=True)
CLEAR = (4, 5, 6, 7, 11)
"""Classes of Sen2Cor, as the definition has them."""
PLACES = {"corner": (0, 0), "middle": (33, 32), "edge": (65, 63)}
"""Row and column; there are no stations: readings are made up."""


def make_readings():
    times = pd.date_range(
        datetime(2023, 4, 1, tzinfo=UTC), datetime(2023, 5, 1, tzinfo=UTC), freq="h"
    )
    frames = []
    for number, (station, (row, col)) in enumerate(PLACES.items()):
        x, y = 643_260 + 10 * col + 7, 5_676_480 - 10 * row - 2
        longitude, latitude = TO_DEGREES.transform(x, y)
        place = {"network": "N", "station": station, "longitude": longitude, "latitude": latitude}
        depth = {"depth_from_m": 0.0, "depth_to_m": 0.05, "soil_moisture": 0.1 * (number + 1)}
        frames.append(pd.DataFrame({"time": times}).assign(**place, **depth))
    return complete_frame(pd.concat(frames))


@functools.cache
def read_raster(path):
    with rasterio.open(path) as file:
        return file.read(1).astype(float)


def read_pixel(path, at):
    return read_raster(path)[at]


@functools.cache
def list_items(folder):
    return [pystac.Item.from_file(path) for path in folder.glob("*/*.json")]


def find_ndvi(folder, moment, at):
    """Of the scene next in time, within twenty days, that is clear at the pixel."""
    days = {}
    for item in list_items(folder):
        red, nir, scl = (
            read_pixel(folder / item.id / f"{band}.tif", at) for band in ("red", "nir", "scl")
        )
        away = abs(item.datetime - moment)
        if scl in CLEAR and red > 0 and nir > 0 and away <= timedelta(days=20):
            days[away] = (nir - red) / (nir + red)
    return days[min(days)] if days else np.nan


def test_backscatter_and_ndvi_are_those_of_the_files(shared_data, tmp_path):
    folder = shared_data / "belgium-2023"
    plain = ["radar={erode: 0, despeckle: {method: none}}", f"catalog={folder / 'catalog.json'}"]
    out = tmp_path / "samples.parquet"
    make_samples(load_recipe("local-stac", plain), load_wanted("physics"), make_readings(), out)
    rows = pd.read_parquet(out)
    assert len(rows) == 10 * len(PLACES)
    assert sorted(rows["relative_orbit"].unique()) == [37, 88, 110, 161]
    read = 0
    for row in rows.itertuples():
        at = PLACES[row.station]
        assert row.soil_moisture == pytest.approx(0.1 * (list(PLACES).index(row.station) + 1))
        scenes = [one.split("/") for one in row.scenes.split()]
        (radar,) = (name for key, name in scenes if key == "sentinel1")
        vv = read_pixel(folder / "sentinel-1-grd" / radar / "vv.tif", at)
        assert row.vv_db == pytest.approx(10 * np.log10(vv), abs=1e-4)
        ndvi = find_ndvi(folder / "sentinel-2-l2a", row.time, at)
        assert row.ndvi == pytest.approx(ndvi, abs=1e-5, nan_ok=True)
        read += np.isfinite(ndvi)
    assert read > 10
