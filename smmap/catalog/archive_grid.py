"""Where the pixels of an archive without STAC lie, and whether they are those it should have."""

from __future__ import annotations

import numpy as np
import shapely
from affine import Affine
from shapely.geometry.base import BaseGeometry

from smmap.grid.cells import METRES_A_DEGREE, measure_cell
from smmap.grid.reproject import get_transformer, is_geographic
from smmap.spec.definition import Definition
from smmap.spec.errors import ConfigError

_CLOSE = 0.1
_POINTS = 33


def check_resolution(definition: Definition, crs: str, transform: Affine, place: str) -> None:
    """Refuse pixels of another size: ERA5 at 0.25 degrees is not ERA5-Land.

    Raises
    ------
    ConfigError
        If the side of a pixel differs from the definition's by more than a tenth.
    """
    side = measure_cell(crs, transform)
    if abs(side / definition.resolution - 1) > _CLOSE:
        in_degrees = f" ({side / METRES_A_DEGREE:.3g} degrees)" if is_geographic(crs) else ""
        raise ConfigError(
            f"{place}: its pixels are {side:.0f} m{in_degrees}, definition '{definition.id}' is of "
            f"{definition.resolution:.0f} m: it is another source; name its own definition"
        )


def compute_outline(crs: str, transform: Affine, shape: tuple[int, int]) -> BaseGeometry:
    """Outline of a grid in longitude and latitude; all longitudes are -180..180."""
    west, north = transform * (0.0, 0.0)
    east, south = transform * (shape[1], shape[0])
    if is_geographic(crs):
        if east - west >= 360 - transform.a / 2:
            west, east = -180.0, 180.0
        turns = 360.0 * np.round((west + east) / 720.0)  # 359.5 to 361 is 0.5 west to 1 east
        west, east = west - turns, east - turns
        south, north = sorted((south, north))
        return shapely.box(west, max(south, -90.0), east, min(north, 90.0))
    xs, ys = np.meshgrid(np.linspace(west, east, _POINTS), np.linspace(north, south, _POINTS))
    lon, lat = get_transformer(crs, "OGC:CRS84").transform(xs, ys)
    known = np.isfinite(lon) & np.isfinite(lat)  # corners may lie beyond the map
    if known.all():
        edge = np.s_[[*range(_POINTS), *[-1] * _POINTS, *range(_POINTS)[::-1], *[0] * _POINTS]]
        along = np.s_[[*[0] * _POINTS, *range(_POINTS), *[-1] * _POINTS, *range(_POINTS)[::-1]]]
        outline = shapely.Polygon(np.column_stack([lon[along, edge], lat[along, edge]]))
        if outline.is_valid and outline.area > 0:
            return outline
    return shapely.box(lon[known].min(), lat[known].min(), lon[known].max(), lat[known].max())
