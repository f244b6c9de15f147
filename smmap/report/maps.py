"""Thinned maps of committed items, for pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Frame:
    """What the pictures of a tile show: left, bottom, right, top in the tile's CRS."""

    left: float
    bottom: float
    right: float
    top: float


def find_frame(items: Iterable[Committed]) -> Frame:
    """The smallest frame that holds all items of one tile (at least one)."""
    edges = [_find_edges(item) for item in items]
    lefts, bottoms, rights, tops = zip(*edges, strict=True)
    return Frame(min(lefts), min(bottoms), max(rights), max(tops))


def load_thinned_map(root: Path, item: Committed, frame: Frame) -> NDArray[np.float32] | None:
    """Soil moisture of an item within a frame, m3/m3, NaN where there is no value.

    None for an item without pixels.
    """
    assets, folder = item.document["assets"], (root / item.path).parent
    step = item.document["properties"]["proj:transform"][0]
    height = round((frame.top - frame.bottom) / step)
    width = round((frame.right - frame.left) / step)
    thin = max(1, -(-max(height, width) // MAX_SIDE))
    if "sm" in assets:
        with rasterio.open(folder / assets["sm"]["href"]) as file:
            packed = file.read(
                1,
                window=file.window(frame.left, frame.bottom, frame.right, frame.top),
                out_shape=(-(-height // thin), -(-width // thin)),
                resampling=Resampling.nearest,
                boundless=True,
                fill_value=SM.fill,
            )
        return unpack(packed, SM)
    if "slice" in assets:
        array = zarr.open_array(folder / assets["slice"]["href"] / "sm", mode="r")
        _, _, left, _, _, top = assets["slice"]["proj:transform"][:6]
        row, col = round((top - frame.top) / step), round((frame.left - left) / step)
        packed = np.asarray(array[0, row : row + height : thin, col : col + width : thin])
        return unpack(packed, SM)
    return None


def _find_edges(item: Committed) -> tuple[float, float, float, float]:
    properties = item.document["properties"]
    step, _, left, _, down, top = properties["proj:transform"][:6]
    height, width = properties["proj:shape"]
    return left, top + height * down, left + width * step, top
