"""A shard as Zarr's sharding codec has it: chunks packed one by one, and where each of them lies.

Zarr writes the same bytes, in several times the time: it copies the pixels of a shard from codec
to codec, and each goes through its event loop.
"""

from __future__ import annotations

from typing import Any

import google_crc32c
import numpy as np
from numcodecs.zstd import Zstd
from numpy.typing import NDArray

from smmap.product.encoding import CHUNK, ZSTD_LEVEL
from smmap.sinks.source import PixelSource
from smmap.spec.tile import Block

_ABSENT = 2**64 - 1
"""Offset and size of a chunk that holds nothing but fill."""


def encode_shard(values: PixelSource, area: Block, shard: Block, fill: int) -> bytes | None:
    """All bytes of the shard; None if it holds nothing but fill.

    https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed

    Parameters
    ----------
    values
        Stored integers (y, x) over ``area``.
    area
        Window of the tile's GeoBox.
    shard
        Window of the same GeoBox, of whole chunks from its corner on: it may reach over the edge.
    fill
        Of what ``area`` does not cover, and of nodata.
    """
    height, width = (min(CHUNK, size) for size in area.geobox.shape)
    codec = Zstd(level=ZSTD_LEVEL)
    index = np.full((shard.height // height, shard.width // width, 2), _ABSENT, "<u8")
    packed: dict[tuple[int, int], bytes] = {}
    for row in range(index.shape[0]):
        strip = Block(area.geobox, shard.row + row * height, shard.col, height, shard.width)
        common = strip.overlap(area)
        if common is None:
            continue
        pixels = values[common.within(area)]
        for col in range(index.shape[1]):
            chunk = Block(area.geobox, strip.row, shard.col + col * width, height, width)
            cut = _cut(pixels, common, chunk, fill)
            if cut is not None:
                packed[row, col] = codec.encode(cut)
    if not packed:
        return None
    places = sorted(packed, key=_count_along_curve)
    end = 0
    for place in places:
        index[place] = end, len(packed[place])
        end += len(packed[place])
    table = index.tobytes()
    checksum = google_crc32c.value(table).to_bytes(4, "little")
    return b"".join([*(packed[place] for place in places), table, checksum])


def _cut(values: PixelSource, area: Block, chunk: Block, fill: int) -> NDArray[Any] | None:
    """Pixels of a chunk; None if all are fill."""
    common = chunk.overlap(area)
    if common is None:
        return None
    part = values[common.within(area)]
    if (part == fill).all():
        return None
    little = values.dtype.newbyteorder("<")
    if part.shape == chunk.shape:
        return np.ascontiguousarray(part, little)
    whole = np.full(chunk.shape, fill, little)
    whole[common.within(chunk)] = part
    return whole


def _count_along_curve(place: tuple[int, ...]) -> int:
    """Place of a chunk (row, column) along Morton's curve, in which Zarr writes them."""
    row, col = (int(f"{count:b}", 4) for count in place)
    return row + 2 * col
