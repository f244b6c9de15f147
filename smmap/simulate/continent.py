"""The ground of a whole continent, on an equal-area grid of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy.ndimage import gaussian_filter, zoom
from shapely.geometry import box

from smmap.features.array import Bools, Doubles
from smmap.grid.reproject import reproject_geometry
from smmap.simulate.fractal import draw_fractal
from smmap.simulate.region import Region
from smmap.simulate.stream import open_stream
from smmap.spec.band import Resampling
from smmap.spec.tile import Block
from smmap.stack.lattice import Lattice
from smmap.stack.positions import Positions, compute_positions, find_window
from smmap.stack.resample import Aligned, Source, resample

SEA_SHARE = 0.35
"""Of the grid."""

Field = NDArray[np.float32]
"""One value a pixel of the continent, (rows, columns)."""

_WHOLE_PIXELS = 64
_SMOOTH = 4
"""Pixels: what is smooth is drawn on a grid so much coarser."""


@dataclass(frozen=True)
class Patch:
    """The ground under one scene, seen from its own grid; arrays of shape (h, w)."""

    pixel_m: float
    """Pixel size, metres."""
    inside: Bools
    """Whether the continent's grid reaches there; elsewhere all is NaN, and no water."""
    elevation: Doubles
    """Metres above the geoid."""
    water: Bools
    """Sea."""
    rms_height_cm: Doubles
    """Roughness, cm."""
    ndvi: Doubles
    """Of the land; it stays as it is."""
    soil_moisture: Doubles
    """Of the day, m3/m3, under water too."""

    def compute_gradient(self) -> tuple[Doubles, Doubles]:
        """Rise per metre towards grid east and grid north."""
        downwards, eastwards = np.gradient(self.elevation, self.pixel_m)
        return np.asarray(eastwards), -np.asarray(downwards)


@dataclass(frozen=True)
class Continent:
    """All that stays the same while the weather passes."""

    block: Block
    """Its pixels: Lambert's azimuthal equal-area map around the region's middle."""
    elevation: Field
    """Metres above the geoid; 0 on the sea."""
    water: Field
    """1 on the sea, 0 on land."""
    rms_height_cm: Field
    """Roughness, cm."""
    ndvi: Field
    """Of the land."""
    clay: Field
    """Share, 0.05..0.5."""
    offset: Field
    """How much wetter a place always is, m3/m3: the climate."""

    @property
    def pixel_m(self) -> float:
        """Pixel size, metres."""
        return float(self.block.geobox.resolution.x)

    def cut(self, block: Block, soil_moisture: Field) -> Patch | None:
        """The ground under a scene's block, with a day's soil moisture; None: sea, or nothing."""
        sea = self._sample(self.water, block, "nearest")
        if not sea.covered.any() or sea.values[sea.covered].min() == 1:
            return None
        return Patch(
            pixel_m=float(block.geobox.resolution.x),
            inside=sea.covered,
            water=sea.covered & (sea.values == 1),
            elevation=self.sample(self.elevation, block),
            rms_height_cm=self.sample(self.rms_height_cm, block),
            ndvi=self.sample(self.ndvi, block),
            soil_moisture=self.sample(soil_moisture, block),
        )

    def sample(self, field: Field, block: Block) -> Doubles:
        """A field on a block of another map, bilinear, NaN beyond the continent's grid."""
        return self._sample(field, block, "bilinear").values.astype(np.float64)

    def _sample(self, field: Field, block: Block, method: Resampling) -> Aligned:
        positions = _locate(block, self.block)
        window = find_window(positions.bounds(), self.block.shape)
        if window is None:
            return Aligned(np.full(block.shape, np.nan, np.float32), np.zeros(block.shape, bool))
        top, bottom, left, right = window
        part = field[top:bottom, left:right]
        return resample(Source(part, (top, left), self.block.shape), positions, method)


@lru_cache(maxsize=4)
def _locate(block: Block, ground: Block) -> Positions | Lattice:
    """Where a block's pixels lie on the ground's grid: once for all fields."""
    return compute_positions(block, ground.geobox.affine, str(ground.geobox.crs), ground.shape)


def draw_continent(region: Region, pixel_m: int, seed: int) -> Continent:
    """Draw the ground of a region; lengths are those of nature, whatever the pixel."""
    block = lay_grid(region, pixel_m)

    def draw(name: str, exponent: float, longest_km: float, *, step: int = _SMOOTH) -> Doubles:
        return draw_field(
            block, open_stream(seed, f"continent {name}"), exponent, longest_km, step=step
        )

    height = draw("relief", 2.0, 900, step=1) - 0.8 * _compute_remoteness(block)
    height -= np.quantile(height, SEA_SHARE)
    land = np.clip(height, 0, None)
    relief_m = 150 * land + 350 * np.clip(land - 0.8, 0, None) ** 2
    return Continent(
        block=block,
        elevation=gaussian_filter(relief_m, 2000 / pixel_m, mode="nearest").astype(np.float32),
        water=(height < 0).astype(np.float32),
        rms_height_cm=(1.2 * np.exp(0.2 * draw("roughness", 1.5, 60, step=1))).astype(np.float32),
        ndvi=np.clip(
            0.38 + 0.13 * draw("vegetation", 2.2, 500) + 0.05 * draw("fields", 1.2, 40, step=1),
            0.08,
            0.85,
        ).astype(np.float32),
        clay=np.clip(0.22 + 0.08 * draw("clay", 2.0, 250), 0.05, 0.5).astype(np.float32),
        offset=(0.03 * draw("climate", 3.0, 1500)).astype(np.float32),
    )


def draw_field(
    block: Block, rng: np.random.Generator, exponent: float, longest_km: float, *, step: int
) -> Doubles:
    """A random field over the continent's grid, drawn on every ``step``-th pixel; see `fractal`."""
    coarse = coarsen(block, step)
    pixel_km = float(coarse.geobox.resolution.x) / 1000
    return refine(draw_fractal(coarse.shape, rng, exponent, longest_km / pixel_km), step)


def coarsen(block: Block, step: int) -> Block:
    """The continent's grid with ``step`` x ``step`` pixels as one; 1, 2, 4 ... 64."""
    return Block.whole(block.geobox.zoom_out(step))


def refine(field: Doubles, step: int) -> Doubles:
    """From a coarser grid back to the continent's, bilinear."""
    return (
        field
        if step == 1
        else np.asarray(zoom(field, step, order=1, mode="nearest", grid_mode=True))
    )


def lay_grid(region: Region, pixel_m: int) -> Block:
    """An equal-area grid that holds the region, of whole pixels around its middle."""
    west, south, east, north = region
    crs = (
        f"+proj=laea +lat_0={(south + north) / 2:g} +lon_0={(west + east) / 2:g} "
        "+datum=WGS84 +units=m +type=crs"
    )
    left, bottom, right, top = reproject_geometry(
        box(west, south, east, north), "EPSG:4326", crs
    ).bounds
    unit = _WHOLE_PIXELS * pixel_m
    left, bottom = math.floor(left / unit) * unit, math.floor(bottom / unit) * unit
    columns = math.ceil((right - left) / unit) * _WHOLE_PIXELS
    rows = math.ceil((top - bottom) / unit) * _WHOLE_PIXELS
    affine = Affine(pixel_m, 0, left, 0, -pixel_m, bottom + rows * pixel_m)
    return Block.whole(GeoBox((rows, columns), affine, crs))


def _compute_remoteness(block: Block) -> Doubles:
    """0 in the middle of the grid, 1 at its sides, more in its corners."""
    down, across = (np.linspace(-1, 1, size) ** 2 for size in block.shape)
    return np.asarray(down[:, None] + across)
