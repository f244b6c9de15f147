"""A mosaic's COG, written strip by strip: it may be larger than the memory."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
import zarr
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.windows import Window

from smmap.spec.band import Layer
from smmap.spec.errors import StoreError
from smmap.spec.tile import Block

_BLOCK = 512
_STAGED: dict[str, Any] = {
    "driver": "GTiff",
    "tiled": True,
    "blockxsize": _BLOCK,
    "blockysize": _BLOCK,
    "sparse_ok": True,
    "compress": "DEFLATE",
    "zlevel": 1,
    "bigtiff": "YES",
}
_CREATION: dict[str, Any] = {
    "driver": "COG",
    "blocksize": _BLOCK,
    "compress": "DEFLATE",
    "level": 6,
    "predictor": "STANDARD",
    "statistics": "YES",
    "bigtiff": "IF_SAFER",
    "sparse_ok": True,
    # One thread always writes the same bytes.
    "num_threads": "1",
}


def write_mosaic_cog(
    path: Path, store: Path, area: Block, layer: Layer, tags: Mapping[str, str]
) -> None:
    """A layer of a day's group as a COG over ``area``.

    Overviews are averages of valid cells; of flags and counts, the most frequent value.

    Parameters
    ----------
    path
        New file, in a folder that exists; a temporary file lies beside it meanwhile.
    store
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
    staged = path.with_suffix(".staged.tif")
    reason = ""
    try:
        _write_staged(staged, store, area, layer, tags)
        averaged = layer.scale_factor not in (None, 1.0)
        rasterio.shutil.copy(
            staged, path, overview_resampling="AVERAGE" if averaged else "MODE", **_CREATION
        )
        reason = "" if _is_whole(path) else "the disk took only a part of it"
    # GDAL's errors cannot be pickled, so they must not travel as the cause of ours.
    except (RasterioError, CPLE_BaseError, OSError) as error:
        reason = str(error)
    with suppress(OSError):
        staged.unlink(missing_ok=True)
        if reason:
            path.unlink(missing_ok=True)
    if reason:
        raise StoreError(f"cannot write {path}: {reason}; free space or change permissions")


def _write_staged(
    path: Path, store: Path, area: Block, layer: Layer, tags: Mapping[str, str]
) -> None:
    array = zarr.open_array(store / layer.name, mode="r", zarr_format=3)
    geobox = area.to_geobox()
    profile = {
        "height": area.height,
        "width": area.width,
        "count": 1,
        "dtype": layer.dtype,
        "nodata": layer.fill,
        "crs": str(geobox.crs),
        "transform": geobox.affine,
    }
    with rasterio.open(path, "w", **_STAGED, **profile) as dataset:
        for part in Block(area.geobox, 0, 0, area.height, area.width).split(4 * _BLOCK):
            rows = slice(area.row + part.row, area.row + part.row + part.height)
            cols = slice(area.col + part.col, area.col + part.col + part.width)
            values = np.asarray(array[0, rows, cols])
            if (values != layer.fill).any():
                window = Window(part.col, part.row, part.width, part.height)
                dataset.write(values, 1, window=window)
        dataset.scales = (layer.scale_factor or 1.0,)
        dataset.offsets = (0.0,)
        dataset.units = (layer.units,)
        dataset.set_band_description(1, layer.long_name)
        dataset.update_tags(**dict(sorted(tags.items())))


def _is_whole(path: Path) -> bool:
    """Whether the file ends where its last block does: GDAL may not report a full disk."""
    with rasterio.open(path) as dataset:
        row, column = (dataset.height - 1) // _BLOCK, (dataset.width - 1) // _BLOCK
        tags = [
            dataset.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=1)
            for what in ("OFFSET", "SIZE")
        ]
    return path.stat().st_size >= sum(int(tag or 0) for tag in tags)
