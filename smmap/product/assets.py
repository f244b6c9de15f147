"""What STAC says of each file of a unit, wherever it lies."""

from __future__ import annotations

from typing import Any

import pystac

from smmap.product.cf import compute_flag_attributes
from smmap.spec.band import Layer

ZARR_MEDIA_TYPE = "application/vnd.zarr; version=3"
"""Of cubes and their slices."""

_OTHERS: dict[str, dict[str, Any]] = {
    "slice": {
        "title": "Slice of the Zarr cube",
        "type": ZARR_MEDIA_TYPE,
        "roles": ["data"],
    },
    "thumbnail": {
        "title": "Picture of the soil moisture",
        "type": pystac.MediaType.PNG.value,
        "roles": ["thumbnail"],
    },
    "style": {
        "title": "QGIS style of the soil moisture",
        "type": pystac.MediaType.XML.value,
        "roles": ["style"],
    },
    "quality_style": {
        "title": "QGIS style of the quality flags",
        "type": pystac.MediaType.XML.value,
        "roles": ["style"],
    },
}


def compute_layer_asset(layer: Layer) -> dict[str, Any]:
    """Fields of a layer's COG: type, roles, and how stored values become physical ones."""
    is_flags = layer.scale_factor is None
    fields: dict[str, Any] = {
        "title": layer.long_name,
        "type": pystac.MediaType.COG.value,
        "roles": ["data-mask" if is_flags else "data"],
        "data_type": layer.dtype,
        "nodata": layer.fill,
        "unit": layer.units,
        "raster:sampling": "area",
        "bands": [{"name": layer.name, "description": layer.long_name}],
    }
    if is_flags:
        flags = compute_flag_attributes()
        return fields | {f"smmap:{key}": value for key, value in flags.items()}
    return fields | {"raster:scale": layer.scale_factor, "raster:offset": 0.0}


def compute_asset(name: str, layers: tuple[Layer, ...]) -> dict[str, Any]:
    """Fields of the asset ``name``: a layer's, or one of slice, thumbnail and styles."""
    fields = {layer.name: compute_layer_asset(layer) for layer in layers} | _OTHERS
    return dict(fields[name])


def compute_item_assets(layers: tuple[Layer, ...]) -> dict[str, dict[str, Any]]:
    """All assets that an item may have, for its collection."""
    names = [*(layer.name for layer in layers), *_OTHERS]
    return {name: compute_asset(name, layers) for name in names}
