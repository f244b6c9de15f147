"""Pixel grids as Earth Engine writes them."""

from __future__ import annotations

import re
from typing import Any

from affine import Affine
from pyproj import CRS

Window = tuple[int, int, int, int]
"""First row, row after the last, first column, column after the last."""

SINUSOIDAL = "+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs"
"""Of MODIS (MODIS Land grids, Wolfe et al. 1998, DOI 10.1109/36.701077)."""
_SINUSOIDAL_CODE = "SR-ORG:6974"
"""Earth Engine's name for it, which PROJ does not know."""


def name_for_proj(crs: str) -> str:
    """A coordinate system as PROJ knows it, from Earth Engine's code or WKT."""
    return SINUSOIDAL if crs == _SINUSOIDAL_CODE else crs


def describe_pixel_grid(crs: str, transform: Affine, window: Window) -> dict[str, Any]:
    """The ``PixelGrid`` of a window of a grid; pixel corners, as ``transform`` has them."""
    top, bottom, left, right = window
    corner_x, corner_y = transform * (left, top)
    return {
        "dimensions": {"width": right - left, "height": bottom - top},
        "affineTransform": {
            "scaleX": transform.a,
            "shearX": transform.b,
            "translateX": corner_x,
            "shearY": transform.d,
            "scaleY": transform.e,
            "translateY": corner_y,
        },
        **_name_crs(crs),
    }


def _name_crs(crs: str) -> dict[str, str]:
    if re.fullmatch(r"[A-Z]+:\d+", crs):
        return {"crsCode": crs}
    if crs == SINUSOIDAL:
        return {"crsCode": _SINUSOIDAL_CODE}
    return {"crsWkt": CRS.from_user_input(crs).to_wkt("WKT1_GDAL")}
