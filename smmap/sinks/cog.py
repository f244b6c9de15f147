"""Cloud-optimised GeoTIFFs that a GIS opens with sensible values and without being told anything.

Flags get a QGIS style and no colour table: a TIFF palette for 16-bit pixels has 65,536 entries,
393 kB in the full image and in each of its overviews.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import rasterio
import rasterio.shutil
from odc.geo.geobox import GeoBox
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.io import DatasetWriter
from rasterio.windows import Window

from smmap.product.layers import SM, SM_QUALITY
from smmap.sinks.qml import compute_quality_style, compute_sm_style
from smmap.sinks.sink import Finished
from smmap.sinks.source import PixelSource
from smmap.spec.band import Layer
from smmap.spec.errors import StoreError
from smmap.spec.tile import Block
from smmap.store.atomic import report_store_errors
from smmap.store.gdal import bound_cache

_BLOCK = 512
_PART = 4 * _BLOCK
"""Pixels a side of what is in memory at once."""
# Row by row: GDAL's statistics are sums in the order of the staged file's blocks.
_DENSE = {"blockysize": 1}
_SPARSE = {
    "tiled": True,
    "blockxsize": _BLOCK,
    "blockysize": _BLOCK,
    "sparse_ok": True,
    "compress": "DEFLATE",
    "zlevel": 1,
}
_CREATION = {
    "driver": "COG",
    "blocksize": _BLOCK,
    # As small as DEFLATE makes them, and packed in a fraction of its time.
    "compress": "ZSTD",
    "level": 1,
    "predictor": "STANDARD",
    "statistics": "YES",
    "bigtiff": "IF_SAFER",
    # Threads belong to the blocks of a tile, and one thread always writes the same bytes.
    "num_threads": "1",
}


def write_cogs(folder: Path, finished: Finished) -> dict[str, Path]:
    """One COG a layer, and QGIS styles beside them."""
    written = {}
    for layer, packed in finished.packed.items():
        path = folder / f"{finished.stem}_{layer.name}.tif"
        write_cog(path, packed, finished.area.to_geobox(), layer, tags=finished.tags)
        written[layer.name] = path
    for asset, layer, style in (
        ("style", SM, compute_sm_style),
        ("quality_style", SM_QUALITY, compute_quality_style),
    ):
        if layer in finished.packed:
            path = folder / f"{finished.stem}_{layer.name}.qml"
            with report_store_errors(str(path)):
                path.write_text(style(), encoding="utf-8")
            written[asset] = path
    return written


def write_cog(
    path: Path,
    packed: PixelSource,
    geobox: GeoBox,
    layer: Layer,
    *,
    description: str = "",
    tags: Mapping[str, str] | None = None,
    sparse: bool = False,
) -> None:
    """Write one layer, part by part: it may be larger than the memory.

    Overviews are averages of valid pixels; of flags and counts, the most frequent value.

    Parameters
    ----------
    path
        New file, in a folder that exists; removed again if it cannot be completed. A temporary
        file lies beside it meanwhile.
    packed
        Stored integers (y, x) of ``layer.dtype``.
    geobox
        Where they lie; same shape.
    layer
        Fill, step, units and name.
    description
        Of the band; by default the layer's long name.
    tags
        Of the dataset.
    sparse
        True: blocks that are all fill take no space, while writing and in the file.

    Raises
    ------
    StoreError
        If the file cannot be written whole.
    """
    staged = path.with_suffix(".staged.tif")
    averaged = layer.scale_factor not in (None, 1.0)
    options = _CREATION | {"overview_resampling": "AVERAGE" if averaged else "MODE"}
    reason = ""
    bound_cache()
    try:
        with rasterio.open(staged, "w", **_describe(geobox, layer, sparse=sparse)) as dataset:
            _fill(dataset, packed, Block.whole(geobox), layer, sparse=sparse)
            dataset.scales = (layer.scale_factor or 1.0,)
            dataset.offsets = (0.0,)
            dataset.units = (layer.units,)
            dataset.set_band_description(1, description or layer.long_name)
            dataset.update_tags(**dict(sorted((tags or {}).items())))
        # This lets other threads run, as closing a dataset opened with this driver does not.
        rasterio.shutil.copy(staged, path, **options | ({"sparse_ok": True} if sparse else {}))
        if not _is_whole(path):
            reason = "the disk took only a part of it"
    # GDAL's errors cannot be pickled, so they must not travel as the cause of ours.
    except (RasterioError, CPLE_BaseError, OSError) as error:
        reason = str(error)
    with suppress(OSError):
        staged.unlink(missing_ok=True)
        if reason:
            path.unlink(missing_ok=True)
    if reason:
        raise StoreError(f"cannot write {path}: {reason}; free space or change permissions")


def _describe(geobox: GeoBox, layer: Layer, *, sparse: bool) -> dict[str, Any]:
    """What the staged file is opened with."""
    return {
        "driver": "GTiff",
        "bigtiff": "YES",
        "height": int(geobox.shape[0]),
        "width": int(geobox.shape[1]),
        "count": 1,
        "dtype": layer.dtype,
        "nodata": layer.fill,
        "crs": str(geobox.crs),
        "transform": geobox.affine,
        **(_SPARSE if sparse else _DENSE),
    }


def _fill(
    dataset: DatasetWriter, packed: PixelSource, area: Block, layer: Layer, *, sparse: bool
) -> None:
    for part in area.split(_PART):
        values = packed[part.within(area)]
        if not sparse or (values != layer.fill).any():
            dataset.write(values, 1, window=Window(part.col, part.row, part.width, part.height))


def _is_whole(path: Path) -> bool:
    """Whether the file holds its last block: GDAL does not always report a full disk."""
    with rasterio.open(path) as dataset:
        for _, window in reversed(list(dataset.block_windows(1))):
            row, column = window.row_off // _BLOCK, window.col_off // _BLOCK
            offset, size = (
                int(dataset.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=1) or 0)
                for what in ("OFFSET", "SIZE")
            )
            if offset:  # blocks of a sparse file may be absent
                return path.stat().st_size >= offset + size
    return True
