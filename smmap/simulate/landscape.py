"""All that stays the same in an area while the weather passes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from smmap.features.array import Bools, Doubles
from smmap.simulate.area import Area
from smmap.simulate.fractal import draw_fractal
from smmap.simulate.parcels import draw_parcels
from smmap.simulate.stream import open_stream
from smmap.simulate.terrain import Terrain, draw_terrain

WATER_NDVI = -0.33
"""NDVI of open water."""

_HIGHEST_NDVI = 0.93
_FOREST_SHARE = 0.13
_STEEP_DEG = 8.0


@dataclass(frozen=True)
class Landscape:
    """One area's ground; arrays of shape (h, w)."""

    area: Area
    """Where."""
    margin: int
    """Pixels that ``surroundings`` reaches further on every side."""
    surroundings: Terrain
    """Terrain of the area and its margin."""
    terrain: Terrain
    """Terrain of the area alone."""
    ndvi: Doubles
    """On the first day."""
    growth: Doubles
    """Of NDVI a day."""
    rms_height_cm: Doubles
    """Roughness, cm."""
    clay: Doubles
    """Share, 0.05..0.5: clay holds more water, and longer."""
    drainage: Doubles
    """How fast a parcel dries beside its neighbours: about 1."""
    offset: Doubles
    """How much wetter than its neighbours a place always is, m3/m3."""

    @property
    def water(self) -> Bools:
        """River and lake."""
        return self.terrain.water

    def compute_gradient(self) -> tuple[Doubles, Doubles]:
        """Rise per metre towards grid east and grid north."""
        return self.terrain.compute_gradient()

    def compute_ndvi(self, day: float) -> Doubles:
        """NDVI ``day`` days after the start."""
        grown = np.clip(self.ndvi + self.growth * day, 0.05, _HIGHEST_NDVI)
        return np.where(self.water, WATER_NDVI, grown)


def draw_landscape(area: Area, seed: int) -> Landscape:
    """Draw the ground of one area."""
    shape = area.block.shape
    # The elevation model is cut along meridians, which lean up to 3 degrees against the grid.
    margin = 24 + max(shape) // 16
    surroundings = draw_terrain(area.block.pad(margin), open_stream(seed, "terrain", area.index))
    terrain = surroundings.crop(margin)
    rng = open_stream(seed, "ground", area.index)
    parcels = draw_parcels(shape, rng)
    labels = parcels.labels
    patchy = draw_fractal(shape, rng, 1.2, 40)

    wooded = draw_fractal(shape, rng, 2.0, 90)
    steep = np.hypot(*terrain.compute_gradient()) > np.tan(np.radians(_STEEP_DEG))
    wooded += 1.6 * gaussian_filter(steep.astype(float), 4, mode="nearest")
    forest = (wooded > np.quantile(wooded, 1 - _FOREST_SHARE)) & ~terrain.water
    margins = _find_borders(labels) & ~forest
    meadow = terrain.distance_m < 60

    ndvi = parcels.ndvi[labels] + 0.025 * patchy
    ndvi = np.where(meadow, 0.68 + 0.03 * patchy, ndvi)
    ndvi = np.where(margins, 0.6 * ndvi + 0.4 * 0.62, ndvi)
    ndvi = np.where(forest, 0.87 + 0.015 * patchy, ndvi)
    growth = np.where(forest | meadow, 0.001, parcels.growth[labels])
    rms_height = np.where(forest | meadow, 1.2, parcels.rms_height_cm[labels])

    clay = np.clip(0.22 + 0.08 * draw_fractal(shape, rng, 2.0, 250), 0.05, 0.5)
    count = len(parcels.ndvi)
    low = np.exp(-terrain.distance_m / 250)
    offset = rng.normal(0, 0.025, count)[labels] + 0.004 * patchy + 0.05 * low
    return Landscape(
        area=area,
        margin=margin,
        surroundings=surroundings,
        terrain=terrain,
        ndvi=ndvi,
        growth=growth,
        rms_height_cm=rms_height,
        clay=clay,
        drainage=rng.uniform(0.8, 1.25, count)[labels],
        offset=offset,
    )


def _find_borders(labels: np.ndarray) -> Bools:
    """Pixels whose right or lower neighbour belongs to another parcel: tracks and grass strips."""
    border = np.zeros(labels.shape, bool)
    border[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    border[:-1] |= labels[:-1] != labels[1:]
    return border
