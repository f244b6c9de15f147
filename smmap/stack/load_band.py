"""Reads one band of one scene onto a block, whatever holds it."""

from __future__ import annotations

from smmap.spec.band import Band
from smmap.spec.tile import Block
from smmap.stack.earth_engine import load_image
from smmap.stack.next_block import fetch_following
from smmap.stack.raster import load_raster
from smmap.stack.read_ahead import take_ahead
from smmap.stack.resample import Aligned


def load_band(band: Band, block: Block) -> Aligned:
    """Read what the block needs of ``band``, once, and put it onto the block's pixels.

    Raises
    ------
    SceneError
        If the file or image is missing, truncated or corrupt.
    TransientError
        If it cannot be had at the moment, after several attempts.
    """
    if band.reader == "earth-engine":
        return load_image(band, block)
    with take_ahead(band, block):
        aligned = load_raster(band, block)
    fetch_following(band, block)
    return aligned
