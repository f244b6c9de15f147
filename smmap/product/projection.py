"""Where an item's pixels lie, as STAC's projection extension says it; written and read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from odc.geo.geobox import GeoBox
from pyproj import CRS

from smmap.spec.tile import Block


def compute_projection(area: Block) -> dict[str, Any]:
    """Fields of the projection extension: code or WKT, shape (rows, columns), transform."""
    geobox = area.to_geobox()
    crs = CRS.from_user_input(str(geobox.crs))
    epsg = crs.to_epsg()
    return {
        **({"proj:code": f"EPSG:{epsg}"} if epsg else {"proj:wkt2": crs.to_wkt()}),
        "proj:shape": list(area.shape),
        "proj:transform": [float(number) for number in tuple(geobox.affine)[:6]],
    }


def read_area(fields: Mapping[str, Any], whole: GeoBox) -> Block:
    """What an item with these fields covers of the pixels of its tile or canvas."""
    affine = whole.affine
    _, _, x, _, _, y = fields["proj:transform"][:6]
    height, width = fields["proj:shape"]
    row, col = round((y - affine.f) / affine.e), round((x - affine.c) / affine.a)
    return Block(whole, row, col, height, width)
