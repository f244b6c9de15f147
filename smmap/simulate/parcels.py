"""Farmland: the ground cut into parcels, and what grows on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Doubles
from smmap.simulate.area import PIXEL_M
from smmap.simulate.fractal import draw_fractal

PARCEL_HA = 5.0
"""Median size of a parcel, hectares."""


@dataclass(frozen=True)
class Crop:
    """What a parcel carries in April at 51 N."""

    share: float
    """Of the parcels."""
    ndvi: tuple[float, float]
    """On the first day, lowest and highest."""
    growth: tuple[float, float]
    """Of NDVI a day, lowest and highest."""
    rms_height_cm: tuple[float, float]
    """Roughness, lowest and highest."""


CROPS = (
    Crop(0.30, (0.12, 0.22), (0.0, 0.001), (1.0, 2.6)),  # ploughed or sown
    Crop(0.20, (0.20, 0.38), (0.005, 0.010), (0.8, 1.6)),  # spring cereal
    Crop(0.26, (0.42, 0.66), (0.004, 0.008), (0.7, 1.3)),  # winter wheat
    Crop(0.07, (0.70, 0.82), (0.001, 0.003), (0.8, 1.4)),  # rape
    Crop(0.17, (0.58, 0.78), (0.002, 0.004), (0.6, 1.2)),  # grassland
)
"""What the parcels carry."""


@dataclass(frozen=True)
class Parcels:
    """Parcels of an area: ``labels`` of shape (h, w), the rest one value a parcel."""

    labels: NDArray[np.int64]
    """Which parcel each pixel belongs to, from 0."""
    ndvi: Doubles
    """On the first day."""
    growth: Doubles
    """Of NDVI a day."""
    rms_height_cm: Doubles
    """Roughness, cm."""


def draw_parcels(shape: tuple[int, int], rng: np.random.Generator) -> Parcels:
    """Cut the ground into parcels and sow them."""
    labels = _cut(*_warp(shape, rng), rng)
    count = int(labels.max()) + 1
    kinds = rng.choice(len(CROPS), count, p=[crop.share for crop in CROPS])

    def draw(field: str) -> Doubles:
        bounds = np.array([getattr(crop, field) for crop in CROPS])[kinds]
        return np.asarray(rng.uniform(bounds[:, 0], bounds[:, 1]))

    return Parcels(labels, draw("ndvi"), draw("growth"), draw("rms_height_cm"))


def _warp(shape: tuple[int, int], rng: np.random.Generator) -> tuple[Doubles, Doubles]:
    """Coordinates, metres, in which field borders are straight: turned and gently bent."""
    y, x = np.indices(shape) * float(PIXEL_M)
    turn = np.radians(rng.uniform(10, 35))
    bend = [70 * draw_fractal(shape, rng, 3.0, 150) for _ in range(2)]
    return (
        x * np.cos(turn) + y * np.sin(turn) + bend[0],
        y * np.cos(turn) - x * np.sin(turn) + bend[1],
    )


def _cut(u: Doubles, v: Doubles, rng: np.random.Generator) -> NDArray[np.int64]:
    """Halve the longer side again and again, as inheritance does, down to a parcel's size."""
    axes = np.stack([u.ravel(), v.ravel()])
    labels = np.zeros(u.size, np.int64)
    count = 0
    pieces = [(np.arange(u.size), axes.min(1), axes.max(1))]
    while pieces:
        pixels, low, high = pieces.pop()
        wanted_ha = PARCEL_HA * rng.lognormal(0, 0.5)
        if np.prod(high - low) / 1e4 < 2 * wanted_ha or pixels.size < 2:
            labels[pixels] = count
            count += int(pixels.size > 0)
            continue
        axis = int(np.argmax((high - low) * rng.uniform(0.6, 1.4, 2)))
        border = low[axis] + (high[axis] - low[axis]) * rng.uniform(0.35, 0.65)
        below = axes[axis, pixels] < border
        near, far = high.copy(), low.copy()
        near[axis] = far[axis] = border
        pieces += [(pixels[below], low, near), (pixels[~below], far, high)]
    return labels.reshape(u.shape)
