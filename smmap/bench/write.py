"""Writing: our Zarr slice and COG beside plain xarray and rioxarray. For information."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy.ndimage import gaussian_filter

from smmap.bench.clock import time_in_turns
from smmap.bench.comparison import Comparisons, compare_speeds
from smmap.bench.settings import Settings, require
from smmap.grid.utm import UtmGrid
from smmap.product.layers import SM
from smmap.simulate.orbits import START
from smmap.sinks.cog import write_cog
from smmap.sinks.zarr_slice import write_slice
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Block

_FULL, _QUICK = 8192, 512
_CHUNK = 512


def compare_writing(settings: Settings) -> Comparisons:
    """One layer of soil moisture, both ways, at the speed of the page cache.

    Raises
    ------
    ConfigError
        If rioxarray is missing.
    """
    require("the benchmark 'write'", ["rioxarray"])
    size = settings.choose_size(_FULL, _QUICK)
    tile = UtmGrid("utm-10m", 10).get_tile(31, "N", 6, 55)
    area = Block(tile.geobox, 0, 0, size, size)
    packed = _draw_packed(size)
    folder = settings.scratch / "written"
    pairs: dict[str, tuple[str, Callable[[], object], Callable[[], object]]] = {
        "Zarr slice": (
            "xarray.to_zarr",
            lambda: _write_slice(folder / "ours.zarr", packed, area),
            lambda: _write_zarr(folder / "plain.zarr", packed),
        ),
        "COG with overviews": (
            "rioxarray.to_raster",
            lambda: write_cog(folder / "ours.tif", packed, area.to_geobox(), SM),
            lambda: _write_raster(folder / "plain.tif", packed, area.to_geobox()),
        ),
    }
    for name, (yardstick, ours, plain) in pairs.items():
        sides = {"ours": _renew(folder, ours), yardstick: _renew(folder, plain)}
        for side in sides.values():
            side()
        seconds = time_in_turns(sides, settings.rounds)
        yield compare_speeds(name, 1, packed.size / 1e6, seconds)
    shutil.rmtree(folder)


def _renew(folder: Path, write: Callable[[], object]) -> Callable[[], object]:
    """Write into an empty folder: removing is part of either side."""

    def run() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write()

    return run


def _draw_packed(size: int) -> NDArray[np.int16]:
    """Packed soil moisture with the texture of a map, a tenth of it nodata."""
    rng = np.random.default_rng(7)
    field = gaussian_filter(rng.normal(size=(size, size)).astype(np.float32), 4)
    field /= field.std()
    steps = SM.scale_factor or 1.0
    packed = ((0.25 + 0.05 * field + 0.01 * rng.normal(size=field.shape)) / steps).astype(np.int16)
    packed[field > np.quantile(field, 0.9)] = SM.fill
    return packed


def _write_slice(path: Path, packed: NDArray[np.int16], area: Block) -> None:
    moment = START + timedelta(hours=17)
    overpass = Overpass(
        id="bench",
        platform="sentinel-1a",
        orbit_state="ascending",
        relative_orbit=88,
        datetime=moment,
        items=(),
    )
    write_slice(path, {SM: packed}, area, overpass, depth_m=(0.0, 0.05), attributes={})


def _write_zarr(path: Path, packed: NDArray[np.int16]) -> None:
    array = xr.DataArray(packed[None], dims=("time", "y", "x"), name="sm")
    encoding = {"sm": {"chunks": (1, _CHUNK, _CHUNK)}}
    array.to_dataset().to_zarr(path, encoding=encoding, zarr_format=3, consolidated=False)


def _write_raster(path: Path, packed: NDArray[np.int16], geobox: GeoBox) -> None:
    import rioxarray  # noqa: F401 (xarray gets .rio by it)

    array = xr.DataArray(packed, dims=("y", "x"), name="sm")
    array = array.rio.write_crs(str(geobox.crs)).rio.write_transform(geobox.affine)
    array = array.rio.write_nodata(SM.fill)
    array.rio.to_raster(path, driver="COG", compress="ZSTD", level=1, predictor="STANDARD")
