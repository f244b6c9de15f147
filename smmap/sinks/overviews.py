"""Overviews beside a GeoTIFF that is being made, where GDAL's COG driver takes them from."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import rasterio
from rasterio.transform import from_bounds
from rasterio.windows import Window

from smmap.product.overview import Cells, get_rule, list_overview_shapes
from smmap.spec.band import Layer

_STRIP_PIXELS = 2**17
"""As many are at work at once: they stay in the processor's cache."""


def choose_step(width: int, block: int | None) -> tuple[int, int]:
    """Rows and columns of what is written at once: a whole block, so that none is packed twice.

    Whole rows where there are no blocks (None).
    """
    return (max(1, _STRIP_PIXELS // width), width) if block is None else (block, block)


def stage_overviews(path: Path, layer: Layer, options: Mapping[str, Any], block: int) -> None:
    """Write ``x.tif.ovr`` beside ``x.tif``, ``x.tif.ovr.ovr`` beside that, and so on.

    Parameters
    ----------
    path
        Of the map.
    layer
        What it holds.
    options
        What a file is made with, but for its size; with ``sparse_ok``, what is all fill stays out.
    block
        Side of what the smallest overview fits into, pixels.
    """
    with rasterio.open(path) as full:
        shapes, bounds = list_overview_shapes(full.shape, block), full.bounds
    for height, width in shapes:
        place = {"transform": from_bounds(*bounds, width, height), "height": height, "width": width}
        smaller = path.with_name(f"{path.name}.ovr")
        with (
            rasterio.open(path) as source,
            rasterio.open(smaller, "w", **options, **place) as target,
        ):
            sparse = "sparse_ok" in options
            step = choose_step(width, block if sparse else None)
            _halve(source, target, layer, step, sparse=sparse)
        path = smaller


def _halve(source: Any, target: Any, layer: Layer, step: tuple[int, int], *, sparse: bool) -> None:
    """Fill a dataset with what another one is at half its size, so many cells at once."""
    compute = get_rule(layer)
    down, across = (
        [Cells(pixels, first, min(first + each, cells)) for first in range(0, cells, each)]
        for pixels, cells, each in zip(source.shape, target.shape, step, strict=True)
    )
    for rows, columns in product(down, across):
        values = source.read(
            1, window=Window.from_slices(rows.find_pixels(), columns.find_pixels())
        )
        if not sparse or (values != layer.fill).any():
            cells = Window.from_slices((rows.first, rows.stop), (columns.first, columns.stop))
            target.write(compute(values, layer.fill, rows, columns), 1, window=cells)
