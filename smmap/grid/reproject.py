"""Shapes from one coordinate system to another."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely.affinity import translate
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

_POINTS_A_SIDE = 64
_LONGEST_STEP_DEG = 0.05
"""A chord of this length leaves a parallel by less than half a metre on any UTM map."""
_MARGIN_DEG = 15.0
"""A projection still works this far beyond the area that it was made for."""


@lru_cache(maxsize=256)
def get_transformer(source: str, target: str) -> Transformer:
    """x, y (longitude, latitude) order on both sides; kept for reuse."""
    return Transformer.from_crs(
        CRS.from_user_input(source), CRS.from_user_input(target), always_xy=True
    )


@lru_cache(maxsize=256)
def is_geographic(crs: str) -> bool:
    """Whether a coordinate system counts in degrees; kept for reuse."""
    return bool(CRS.from_user_input(crs).is_geographic)


def reproject_geometry(shape: BaseGeometry, source: str, target: str) -> BaseGeometry:
    """``shape`` with enough points on its edges that they bend as they should."""
    left, bottom, right, top = shape.bounds
    step = max(right - left, top - bottom) / _POINTS_A_SIDE
    if is_geographic(source):
        step = min(step, _LONGEST_STEP_DEG)
    dense = shapely.segmentize(shape, step) if step > 0 else shape
    transformer = get_transformer(source, target)

    def project(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    return shapely.transform(dense, project)


def project_area(area: BaseGeometry, target: str) -> BaseGeometry:
    """``area`` (longitude, latitude, -180..180) in ``target``, cut to where that map makes sense.

    A transverse Mercator map folds the far side of the Earth onto itself, so what lies well
    beyond the system's own area of use is left out. Parts on both sides of the antimeridian
    are joined where the map joins them.
    """
    window = _find_window(target)
    if window is not None:
        area = area.intersection(window)
    return shapely.make_valid(reproject_geometry(area, "EPSG:4326", target))


@lru_cache(maxsize=256)
def _find_window(target: str) -> BaseGeometry | None:
    """Where a map makes sense, longitude -360..360 and latitude; None: everywhere."""
    use = CRS.from_user_input(target).area_of_use
    if use is None:
        return None
    east = use.east + 360 * (use.east < use.west)
    south, north = max(-90.0, use.south - _MARGIN_DEG), min(90.0, use.north + _MARGIN_DEG)
    window = box(use.west - _MARGIN_DEG, south, east + _MARGIN_DEG, north)
    return shapely.union_all([translate(window, turn) for turn in (-360, 0, 360)])


def find_touching(
    area: BaseGeometry, lefts: NDArray[np.float64], bottoms: NDArray[np.float64], side: float
) -> NDArray[np.bool_]:
    """Which of the squares share ground, not just an edge, with ``area``; one answer a square."""
    shapely.prepare(area)
    squares = shapely.box(lefts, bottoms, lefts + side, bottoms + side)
    touching = np.asarray(shapely.contains(area, squares))
    unsure = shapely.intersects(area, squares) & ~touching
    touching[unsure] = shapely.area(shapely.intersection(area, squares[unsure])) > 0
    return touching
