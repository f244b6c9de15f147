"""A mosaic's COG, from the shards of its day."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from smmap.sinks.cog import write_cog
from smmap.spec.band import Layer
from smmap.spec.tile import Block


class _DayLayer:
    """A `PixelSource` over a part of a day's array (1, y, x)."""

    def __init__(self, array: zarr.Array[Any], area: Block) -> None:
        self._array = array
        self._area = area
        self.shape = area.shape
        self.dtype = np.dtype(array.dtype)

    def __getitem__(self, window: tuple[slice, slice], /) -> NDArray[Any]:
        rows, cols = (
            slice(first + part.start, first + part.stop)
            for first, part in zip((self._area.row, self._area.col), window, strict=True)
        )
        return np.asarray(self._array[0, rows, cols])


def write_mosaic_cog(
    path: Path, group: zarr.Group, area: Block, layer: Layer, tags: Mapping[str, str]
) -> None:
    """A layer of a day's group as a COG over ``area``; blocks without a value take no space.

    Parameters
    ----------
    path
        New file, in a folder that exists; a temporary file lies beside it meanwhile.
    group
        The day's group over the whole canvas.
    area
        What the COG covers.
    layer
        Which variable.
    tags
        Of the dataset.

    Raises
    ------
    StoreError
        If the file cannot be written whole.
    """
    array: Any = group[layer.name]
    write_cog(path, _DayLayer(array, area), area.to_geobox(), layer, tags=tags, sparse=True)
