"""A small picture of a unit's soil moisture."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smmap.product.cell_sums import add_cells
from smmap.product.layers import SM
from smmap.sinks.ramp import compute_rgba
from smmap.sinks.sink import Finished
from smmap.sinks.source import PixelSource
from smmap.store.atomic import report_store_errors

MAX_SIDE = 512
"""Pixels."""
_STRIP_PIXELS = 2**18
"""What is in memory at once."""
PNG_LEVEL = 1
"""Of PNG's compression: by itself it takes four times the time, to save twelve percent."""


def write_picture(folder: Path, finished: Finished) -> dict[str, Path]:
    """A PNG named after the unit's files."""
    path = folder / f"{finished.stem}_thumbnail.png"
    write_quicklook(path, finished.packed[SM])
    return {"thumbnail": path}


def write_quicklook(path: Path, packed: PixelSource) -> None:
    """Write packed ``sm`` (y, x) as a PNG of at most 512 pixels a side.

    Its pixels are averages of what is valid; where nothing is, it is transparent.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    from PIL import Image

    rgba = compute_rgba(_shrink(packed))
    with report_store_errors(str(path)):
        Image.fromarray(rgba).save(path, format="png", compress_level=PNG_LEVEL)


def _shrink(packed: PixelSource) -> NDArray[np.float64]:
    """Averages of square cells, m3/m3, some rows of them at a time."""
    height, width = packed.shape
    factor = math.ceil(max(height, width) / MAX_SIDE)
    step = factor * max(1, _STRIP_PIXELS // (factor * width))
    cells = [
        add_cells(packed[top : min(top + step, height), 0:width], SM.fill, factor)
        for top in range(0, height, step)
    ]
    total, count = (np.concatenate(parts) for parts in zip(*cells, strict=True))
    empty = np.full(total.shape, np.nan)
    mean = np.divide(total, count, out=empty, where=count > 0)
    return np.asarray(mean * (SM.scale_factor or 1.0))
