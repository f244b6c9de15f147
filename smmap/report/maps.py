"""Thinned maps of committed items, for pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
import zarr
from numpy.typing import NDArray
from rasterio.enums import Resampling

from smmap.archive.ledger import Committed
from smmap.product.layers import SM
from smmap.product.packing import unpack

MAX_SIDE = 320
"""Pixels a side."""


def load_thinned_map(root: Path, item: Committed) -> NDArray[np.float32] | None:
    """Soil moisture of an item, m3/m3, NaN where there is no value; None for an empty item."""
    assets, folder = item.document["assets"], (root / item.path).parent
    if "sm" in assets:
        with rasterio.open(folder / assets["sm"]["href"]) as file:
            factor = max(1.0, max(file.shape) / MAX_SIDE)
            shape = tuple(max(1, round(size / factor)) for size in file.shape)
            packed = file.read(1, out_shape=shape, resampling=Resampling.nearest)
        return unpack(packed, SM)
    if "slice" in assets:
        array = zarr.open_array(folder / assets["slice"]["href"] / "sm", mode="r")
        top, left, height, width = _find_window(item)
        step = max(1, -(-max(height, width) // MAX_SIDE))
        packed = np.asarray(array[0, top : top + height : step, left : left + width : step])
        return unpack(packed, SM)
    return None


def _find_window(item: Committed) -> tuple[int, int, int, int]:
    """Row, column, height and width of the item's area within its tile."""
    area, whole = item.document["properties"], item.document["assets"]["slice"]
    (_, _, x, _, step, y), (_, _, left, _, _, top) = area["proj:transform"], whole["proj:transform"]
    height, width = area["proj:shape"]
    return round((y - top) / step), round((x - left) / -step), height, width
