"""Soil moisture of one overpass with odc-stac, ONNX Runtime and rioxarray: the plain way.

What one writes who knows these libraries and not smmap; from smmap it has one formula, that of the
incidence angle, which no library has.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import odc.stac
import onnxruntime
import pystac
import rioxarray  # noqa: F401 (xarray gets .rio by it)
import shapely
import xarray as xr
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from scipy.ndimage import correlate, uniform_filter

from smmap.features.incidence import compute_incidence

Array = NDArray[np.floating[Any]]
Scenes = dict[str, list[pystac.Item]]

RADAR, OPTICAL, ELEVATION = "sentinel-1-grd", "sentinel-2-l2a", "cop-dem-glo-30"
"""Collections of the catalogue."""
CLEAR = (4, 5, 6, 7, 11)
"""Scene classes that may be used."""
LOOKS, WINDOW = 4.4, 13
"""Of the speckle filter."""
BATCH = 1_000_000
"""Pixels that ONNX Runtime gets at once: their inputs are 44 MB."""
STEP, FILL = 0.0001, -32768
"""Of the packed map."""


def map_scene(catalog: Path, model: Path, out: Path, threads: int) -> None:
    """Map the catalogue's one overpass into the COG ``out``."""
    items = list(pystac.Catalog.from_file(str(catalog)).get_items(recursive=True))
    scenes = {
        name: [one for one in items if one.collection_id == name]
        for name in (RADAR, OPTICAL, ELEVATION)
    }
    radar = odc.stac.load(scenes[RADAR], ["vv", "vh"]).isel(time=0)
    grid = radar.odc.geobox
    sm = predict(stack_inputs(scenes, radar, grid), model, threads)
    packed = np.where(np.isfinite(sm), np.rint(np.nan_to_num(sm) / STEP), FILL).astype(np.int16)
    array = xr.DataArray(packed, dims=("y", "x"), name="sm")
    array = array.rio.write_crs(str(grid.crs)).rio.write_transform(grid.affine)
    array = array.rio.write_nodata(FILL)
    array.rio.to_raster(out, driver="COG", compress="DEFLATE", predictor="STANDARD")


def stack_inputs(scenes: Scenes, radar: xr.Dataset, grid: GeoBox) -> Array:
    """The model's columns, (inputs, y, x) float32; NaN where nothing is known."""
    red, nir, blue, swir = load_optical(scenes[OPTICAL], grid)
    elevation, slope = load_terrain(scenes[ELEVATION], grid)
    x, y = np.meshgrid(radar.x.values, radar.y.values)
    lon, lat = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True).transform(x, y)
    (scene,) = scenes[RADAR]
    centre = shapely.geometry.shape(scene.geometry).centroid
    angle = compute_incidence(
        lon,
        lat,
        orbit_state=scene.properties["sat:orbit_state"],
        anchor=(centre.x, centre.y, scene.properties["view:incidence_angle"]),
        relative_orbit=scene.properties["sat:relative_orbit"],
    )
    day = np.datetime64(radar.time.values, "D").astype(object).timetuple().tm_yday
    with np.errstate(invalid="ignore", divide="ignore"):
        vv, vh = (10 * np.log10(filter_lee(radar[name].values)) for name in ("vv", "vh"))
        ndvi = (nir - red) / (nir + red)
        evi = 2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1)
        ndmi = (nir - swir) / (nir + swir)
    days = np.full(grid.shape, day)
    columns = [vv, vh, angle, ndvi, evi, ndmi, elevation, slope, lat, lon, days]
    return np.stack([column.astype(np.float32) for column in columns])


def filter_lee(power: Array) -> Array:
    """Lee 1980; nodata stays out of the means."""
    valid = np.isfinite(power)
    values = np.where(valid, power, 0.0).astype(np.float64)
    count = uniform_filter(valid.astype(np.float64), WINDOW, mode="constant")
    mean = uniform_filter(values, WINDOW, mode="constant") / count
    square = uniform_filter(values**2, WINDOW, mode="constant") / count
    signal = np.maximum(square / (1 + 1 / LOOKS) - mean**2, 0)
    gain = signal / (signal + mean**2 / LOOKS)
    return np.where(valid, mean + gain * (values - mean), np.nan)


def load_optical(items: list[pystac.Item], grid: GeoBox) -> list[Array]:
    """Reflectance of red, nir, blue and swir16 from the first scene, where it is clear."""
    names = ["red", "nir", "blue", "swir16"]
    method = {"*": "bilinear", "scl": "nearest"}
    loaded = odc.stac.load(items[:1], [*names, "scl"], geobox=grid, resampling=method)
    scene = loaded.isel(time=0)
    clear = np.isin(scene.scl.values, CLEAR)
    bands = (scene[name].values for name in names)
    return [np.where(clear & (band > 0), band * 1e-4 - 0.1, np.nan) for band in bands]


def load_terrain(items: list[pystac.Item], grid: GeoBox) -> tuple[Array, Array]:
    """Elevation, and slope by Horn 1981."""
    loaded = odc.stac.load(items, ["data"], geobox=grid.pad(1), resampling="bilinear")
    z = loaded.data.isel(time=0).values.astype(np.float64)
    kernel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / (8 * grid.resolution.x)
    slope = np.degrees(np.arctan(np.hypot(correlate(z, kernel), correlate(z, kernel.T))))
    return z[1:-1, 1:-1], slope[1:-1, 1:-1]


def predict(inputs: Array, model: Path, threads: int) -> Array:
    """(y, x) m3/m3, NaN where an input is missing."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    valid = np.isfinite(inputs).all(axis=0)
    rows = np.ascontiguousarray(inputs[:, valid].T)
    parts = [
        session.run(None, {name: rows[start : start + BATCH]})[0][:, 0]
        for start in range(0, len(rows), BATCH)
    ]
    sm = np.full(valid.shape, np.nan, np.float32)
    sm[valid] = np.concatenate(parts)
    return sm
