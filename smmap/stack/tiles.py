"""Tiles of GeoTIFFs unpacked without GDAL, where they are deflated and have a predictor.

As Sentinel-2's and most elevation models are. libtiff takes as long to undo the predictor as
libdeflate for all the rest, and its tiles are copied twice. What is unusual, or broken, is left to
GDAL: which of them reads a tile makes no pixel another.
"""

from __future__ import annotations

import sys
from typing import Any
from weakref import WeakKeyDictionary

import rasterio
from numpy.typing import NDArray
from rasterio.enums import Compression

from smmap.stack.native import HAS_KERNEL
from smmap.store.dataset import Dataset

if HAS_KERNEL:
    from smmap.stack import _kernel

try:
    from deflate import DeflateError, zlib_decompress
except ImportError:  # no wheel for this machine
    _HAS_LIBRARY = False
else:
    _HAS_LIBRARY = True

_DIFFERENCES, _FLOATING = "2", "3"
"""Predictors: see Adobe's TIFF Technical Note 3 for the second."""
_TYPES = {
    _DIFFERENCES: ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32"),
    _FLOATING: ("float32",),
}
_PREDICTORS: WeakKeyDictionary[rasterio.DatasetReader, str | None] = WeakKeyDictionary()
_LITTLE_ENDIAN = b"II"


def read_tiles(dataset: Dataset, corner: tuple[int, int], out: NDArray[Any]) -> bool:
    """Stored numbers of a file's only band.

    Parameters
    ----------
    corner
        Row and column of a tile's first pixel.
    out
        (h, w), is filled from there on; of the file's type.

    Returns
    -------
    bool
        False: GDAL has to read them, or to say what is wrong; ``out`` may hold anything.

    Raises
    ------
    SceneError, TransientError, OfflineError
        As of `Dataset.read_bytes`.
    """
    file = dataset.file
    if file not in _PREDICTORS:
        _PREDICTORS[file] = _find_predictor(dataset)
    predictor = _PREDICTORS[file]
    if predictor is None:
        return False
    height, width = file.block_shapes[0]
    for top in range(0, out.shape[0], height):
        for left in range(0, out.shape[1], width):
            place = (corner[0] + top) // height, (corner[1] + left) // width
            data = _unpack(dataset, place, height * width * out.itemsize)
            if data is None:
                return False
            part = out[top : top + height, left : left + width]
            _kernel.undo_predictor(data, width, predictor == _FLOATING, part)
    return True


def _unpack(dataset: Dataset, place: tuple[int, int], size: int) -> bytearray | None:
    """A tile, by its row and column, of so many bytes; None: there is none, or it is broken."""
    row, col = place
    start, count = (
        int(dataset.file.get_tag_item(f"BLOCK_{what}_{col}_{row}", "TIFF", 1) or 0)
        for what in ("OFFSET", "SIZE")
    )
    if not start or not 0 < count <= 2 * size:  # nothing grows so much by being packed
        return None
    packed = dataset.read_bytes(start, count)
    try:
        data = zlib_decompress(packed, size)
    except DeflateError:
        return None
    return data if len(data) == size else None


def _find_predictor(dataset: Dataset) -> str | None:
    """None: GDAL has to read the file."""
    file = dataset.file
    if not (
        HAS_KERNEL
        and _HAS_LIBRARY
        and sys.byteorder == "little"
        and file.driver == "GTiff"
        and file.count == 1
        and file.compression is Compression.deflate
        and file.block_shapes[0][1] < file.width  # as wide as the file: strips
        and "NBITS" not in file.tags(1, ns="IMAGE_STRUCTURE")
    ):
        return None
    predictor = file.tags(ns="IMAGE_STRUCTURE").get("PREDICTOR")
    if file.dtypes[0] not in _TYPES.get(predictor, ()):
        return None
    return predictor if dataset.read_bytes(0, 2) == _LITTLE_ENDIAN else None
