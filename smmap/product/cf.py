"""Attributes after the CF conventions, of variables and coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from odc.geo.geobox import GeoBox
from pyproj import CRS

from smmap.spec.band import Layer
from smmap.spec.quality import Quality

CONVENTIONS = "CF-1.11"
"""Version of the conventions that the attributes follow."""

GRID_MAPPING = "spatial_ref"
"""Name of the variable that holds the coordinate reference system."""

PLATFORMS = ("unknown", "sentinel-1a", "sentinel-1b", "sentinel-1c", "sentinel-1d")
"""Codes of ``platform`` are positions in here: never reorder, only append."""

ORBIT_STATES = ("unknown", "ascending", "descending")
"""Codes of ``orbit_state`` are positions in here."""


def compute_flag_attributes() -> dict[str, Any]:
    """``flag_masks`` and ``flag_meanings`` of the quality bits."""
    return {
        "flag_masks": [int(bit) for bit in Quality],
        "flag_meanings": " ".join(str(bit.name).lower() for bit in Quality),
    }


def compute_layer_attributes(layer: Layer, companions: Sequence[str]) -> dict[str, Any]:
    """Attributes of a packed variable; ``companions`` are the names of all layers beside it."""
    attributes: dict[str, Any] = {
        "long_name": layer.long_name,
        "standard_name": layer.standard_name,
        "units": layer.units,
        "_FillValue": layer.fill,
        "valid_range": list(layer.valid_range) if layer.valid_range else None,
        "grid_mapping": GRID_MAPPING,
        "coordinates": "depth platform relative_orbit orbit_state",
    }
    if layer.scale_factor is None:
        attributes |= compute_flag_attributes()
    else:
        attributes |= {"scale_factor": layer.scale_factor, "add_offset": 0.0}
    others = [name for name in companions if name != layer.name]
    if layer.name == "sm" and others:
        attributes["ancillary_variables"] = " ".join(others)
    return {key: value for key, value in attributes.items() if value is not None}


def compute_grid_mapping(geobox: GeoBox) -> dict[str, Any]:
    """CF grid mapping, with the WKT and the transform that GDAL and rioxarray read."""
    crs = CRS.from_user_input(str(geobox.crs))
    affine = geobox.affine
    corner = (affine.c, affine.a, affine.b, affine.f, affine.d, affine.e)
    return {
        **crs.to_cf(),
        "spatial_ref": crs.to_wkt(),
        "GeoTransform": " ".join(repr(float(number)) for number in corner),
    }


def compute_axis_attributes(geobox: GeoBox) -> tuple[dict[str, Any], dict[str, Any]]:
    """Attributes of x and of y."""
    if CRS.from_user_input(str(geobox.crs)).is_geographic:
        return (
            {"standard_name": "longitude", "units": "degrees_east", "axis": "X"},
            {"standard_name": "latitude", "units": "degrees_north", "axis": "Y"},
        )
    return (
        {"standard_name": "projection_x_coordinate", "units": "m", "axis": "X"},
        {"standard_name": "projection_y_coordinate", "units": "m", "axis": "Y"},
    )


def compute_code_attributes(names: Sequence[str], long_name: str) -> dict[str, Any]:
    """Attributes of a variable that holds positions in ``names``."""
    return {
        "long_name": long_name,
        "flag_values": list(range(len(names))),
        "flag_meanings": " ".join(names),
    }
