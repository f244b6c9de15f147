"""Larger pixels over areas of 10 m pixels: means, on any grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy.ndimage import distance_transform_edt

from smmap.features.array import Bools, Doubles
from smmap.grid.ground import compute_lonlat
from smmap.grid.reproject import get_transformer
from smmap.spec.tile import Block

REACH = 3
"""Pixels beyond the areas that still have a value, that of the nearest one within, by default."""


@dataclass(frozen=True)
class CoarseGrid:
    """Pixels on whole multiples of their size around areas."""

    geobox: GeoBox
    """All of them."""
    places: NDArray[np.int64]
    """Flat index of the pixel that each pixel of the areas lies in, areas one after the other."""
    nearest: NDArray[np.int64]
    """(2, h, w): row and column of the nearest pixel that has some."""
    known: Bools
    """(h, w): within reach of the areas."""

    @classmethod
    def around(
        cls, blocks: Sequence[Block], crs: str, pixel: float, reach: int = REACH
    ) -> CoarseGrid:
        """The smallest such grid, with ``reach`` more pixels; ``pixel`` in units of ``crs``."""
        xs, ys = (
            np.concatenate(each)
            for each in zip(*(_find_places(b, crs) for b in blocks), strict=True)
        )
        left, top = np.floor(xs.min() / pixel) - reach, np.floor(ys.max() / pixel) + 1 + reach
        cols = np.floor(xs / pixel).astype(np.int64) - int(left)
        rows = int(top) - 1 - np.floor(ys / pixel).astype(np.int64)
        shape = int(rows.max()) + 1 + reach, int(cols.max()) + 1 + reach
        seen = np.zeros(shape, bool)
        seen[rows, cols] = True
        distance, nearest = distance_transform_edt(~seen, return_indices=True)
        affine = Affine(pixel, 0, left * pixel, 0, -pixel, top * pixel)
        return cls(
            GeoBox(shape, affine, crs),
            np.ravel_multi_index((rows, cols), shape),
            np.asarray(nearest),
            np.asarray(distance <= max(reach, 1) * np.sqrt(2)),
        )

    def compute_means(self, areas: Sequence[Doubles]) -> Doubles:
        """Mean of the pixels in each, (h, w); NaN far from all areas."""
        size = self.known.size
        values = np.concatenate([one.ravel() for one in areas])
        count = np.bincount(self.places, minlength=size)
        total = np.bincount(self.places, weights=values, minlength=size)
        means = np.divide(total, count, where=count > 0, out=np.full(size, np.nan))
        spread = means.reshape(self.known.shape)[self.nearest[0], self.nearest[1]]
        return np.where(self.known, spread, np.nan)


def _find_places(block: Block, crs: str) -> tuple[Doubles, Doubles]:
    """Coordinates in ``crs`` of a block's pixels, flat."""
    if crs == str(block.geobox.crs):
        xs, ys = np.meshgrid(block.xs(), block.ys())
    else:
        lon, lat = compute_lonlat(block)
        xs, ys = get_transformer("EPSG:4326", crs).transform(lon, lat)
    return np.asarray(xs).ravel(), np.asarray(ys).ravel()
