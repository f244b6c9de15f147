"""Shapes from one coordinate system to another."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import shapely
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

_POINTS_A_SIDE = 64


@lru_cache(maxsize=256)
def get_transformer(source: str, target: str) -> Transformer:
    """x, y (longitude, latitude) order on both sides; kept for reuse."""
    return Transformer.from_crs(
        CRS.from_user_input(source), CRS.from_user_input(target), always_xy=True
    )


def reproject_geometry(shape: BaseGeometry, source: str, target: str) -> BaseGeometry:
    """``shape`` with enough points on its edges that they bend as they should."""
    left, bottom, right, top = shape.bounds
    step = max(right - left, top - bottom) / _POINTS_A_SIDE
    dense = shapely.segmentize(shape, step) if step > 0 else shape
    transformer = get_transformer(source, target)

    def project(points: np.ndarray) -> np.ndarray:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    return shapely.transform(dense, project)
