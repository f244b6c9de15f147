"""A scene in one UTM zone, and a grid in the next one that it is to be read onto."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pystac
import rasterio
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from scipy.ndimage import gaussian_filter, map_coordinates

from smmap.simulate.orbits import START
from smmap.simulate.raster import write_cog
from smmap.simulate.stac import add_asset, compute_footprint, make_item
from smmap.spec.band import Band

_SOURCE, _TARGET = "EPSG:32631", "EPSG:32632"
_PIXEL_M = 10
_CORNER = (694_000.0, 5_700_000.0)
"""Upper left of the scene in zone 31: near its border with zone 32, where both are in use."""
_MARGIN = 0.12
"""Of its side: the grids are turned against each other."""
_BRIGHTEST = 10_000
_SIDE = 512
"""Blocks of the file."""


@dataclass(frozen=True)
class ReadScene:
    """What is read, and onto what."""

    path: Path
    """One band of digital numbers, uint16."""
    values: NDArray[np.uint16]
    """What the file holds."""
    source: GeoBox
    """Its grid."""
    target: GeoBox
    """In the next zone; all of it lies on the scene."""

    def describe_band(self, href: str | None = None) -> Band:
        """For smmap."""
        return Band("digital_number", href or str(self.path), "1", nodata=0, crs=_SOURCE)

    def describe_item(self) -> pystac.Item:
        """For other loaders."""
        item = make_item(
            "scene",
            START,
            footprint=compute_footprint(self.source),
            geobox=self.source,
            properties={},
        )
        band = {"data_type": "uint16", "nodata": 0}
        add_asset(item, "red", self.path, band)
        item.assets["red"].href = str(self.path)
        return item

    def compute_exact(self, rows: NDArray[np.intp], cols: NDArray[np.intp]) -> NDArray[np.float64]:
        """Bilinear values at those target pixels, by PROJ and SciPy alone, in float64."""
        down, across = self.place(rows, cols)
        return np.asarray(map_coordinates(self.values.astype(np.float64), [down, across], order=1))

    def place(
        self, rows: NDArray[np.intp], cols: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the centres of target pixels lie in the source: 0 is its first pixel's centre."""
        to, back = self.target.affine, ~self.source.affine
        x, y = to.c + to.a * (cols + 0.5), to.f + to.e * (rows + 0.5)
        x, y = Transformer.from_crs(_TARGET, _SOURCE, always_xy=True).transform(x, y)
        return back.f + back.e * y - 0.5, back.c + back.a * x - 0.5

    def count_needed_bytes(self) -> int:
        """Of the file's blocks that the target has a pixel in; compressed."""
        rows, cols = np.mgrid[: self.target.shape[0] : 8, : self.target.shape[1] : 8]
        down, across = (np.floor(at / _SIDE).astype(int) for at in self.place(rows, cols))
        needed = {*zip(down.ravel().tolist(), across.ravel().tolist(), strict=True)}
        with rasterio.open(self.path) as file:
            sizes = (file.get_tag_item(f"BLOCK_SIZE_{x}_{y}", "TIFF", bidx=1) for y, x in needed)
            return sum(int(size or 0) for size in sizes)


def make_scene(path: Path, size: int) -> ReadScene:
    """Write the scene; the target has ``size`` x ``size`` pixels."""
    side = -(-int(size * (1 + 2 * _MARGIN)) // _SIDE) * _SIDE
    rng = np.random.default_rng(7)
    field = gaussian_filter(rng.normal(size=(side, side)).astype(np.float32), 2)
    field += 0.1 * field.std() * rng.normal(size=(side, side)).astype(np.float32)
    low, high = field.min(), field.max()
    values = (1 + (field - low) / (high - low) * (_BRIGHTEST - 1)).astype(np.uint16)
    affine = rasterio.transform.from_origin(*_CORNER, _PIXEL_M, _PIXEL_M)
    source = GeoBox((side, side), affine, _SOURCE)
    write_cog(path, values, source, 0)
    centre = affine * (side / 2, side / 2)
    x, y = Transformer.from_crs(_SOURCE, _TARGET, always_xy=True).transform(*centre)
    left, top = (round(at / _PIXEL_M) * _PIXEL_M for at in (x, y))
    half = size // 2 * _PIXEL_M
    corner = rasterio.transform.from_origin(left - half, top + half, _PIXEL_M, _PIXEL_M)
    return ReadScene(path, values, source, GeoBox((size, size), corner, _TARGET))
