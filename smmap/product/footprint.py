"""Outline of pixels on the globe, as GeoJSON wants it."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, box, mapping
from shapely.geometry.polygon import orient

from smmap.grid.reproject import reproject_geometry
from smmap.spec.tile import Block

_DECIMALS = 6
"""Of a degree: 0.1 m."""
_POINTS_A_SIDE = 8


def compute_footprint(area: Block) -> tuple[dict[str, Any], list[float]]:
    """Geometry and bounding box of a block, longitude and latitude in degrees.

    Across the antimeridian the geometry is cut in two and the box has west > east
    (RFC 7946, sections 3.1.9 and 5.2).
    """
    geobox = area.to_geobox()
    outline = box(*geobox.boundingbox.bbox)
    side = max(outline.bounds[2] - outline.bounds[0], outline.bounds[3] - outline.bounds[1])
    dense = shapely.segmentize(outline, side / _POINTS_A_SIDE)
    crs = str(geobox.crs)
    middle = reproject_geometry(outline.centroid, crs, "EPSG:4326").x

    def unwrap(points: np.ndarray) -> np.ndarray:
        lon = points[:, 0] - 360 * np.rint((points[:, 0] - middle) / 360)
        return np.column_stack([lon, points[:, 1]]).round(_DECIMALS)

    ring = shapely.transform(reproject_geometry(dense, crs, "EPSG:4326"), unwrap)
    west, south, east, north = ring.bounds
    pieces = {
        turn: ring.intersection(box(360 * turn - 180, -90, 360 * turn + 180, 90))
        for turn in (-1, 0, 1)
    }
    parts = [translate(part, -360 * turn) for turn, part in pieces.items() if part.area > 0]
    if len(parts) == 1:
        return mapping(orient(parts[0])), list(parts[0].bounds)
    geometry = mapping(MultiPolygon([orient(part) for part in parts]))
    return geometry, [(west + 180) % 360 - 180, south, (east + 180) % 360 - 180, north]
