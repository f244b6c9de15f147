"""A small picture of a unit's soil moisture."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smmap.product.layers import SM
from smmap.product.packing import unpack
from smmap.sinks.ramp import compute_rgba
from smmap.sinks.sink import Finished
from smmap.sinks.source import PixelSource
from smmap.store.atomic import report_store_errors

MAX_SIDE = 512
"""Pixels."""


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
    from matplotlib.image import imsave

    rgba = compute_rgba(_shrink(packed))
    with report_store_errors(str(path)):
        # A constant name here, because the default one holds a version number.
        imsave(path, rgba, format="png", metadata={"Software": "smmap"})


def _shrink(packed: PixelSource) -> NDArray[np.float64]:
    """Averages of square cells, m3/m3, strip by strip: a whole tile in floats is too large."""
    height, width = packed.shape
    factor = math.ceil(max(height, width) / MAX_SIDE)
    starts = np.arange(0, width, factor)
    rows = []
    for top in range(0, height, factor):
        strip = unpack(packed[top : min(top + factor, height), 0:width], SM).astype(np.float64)
        total = np.add.reduceat(np.nansum(strip, axis=0), starts)
        count = np.add.reduceat(np.isfinite(strip).sum(axis=0), starts)
        empty = np.full(total.shape, np.nan)
        rows.append(np.divide(total, count, out=empty, where=count > 0))
    return np.stack(rows)
