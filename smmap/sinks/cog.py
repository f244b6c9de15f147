"""Cloud-optimised GeoTIFFs that a GIS opens with sensible values and without being told anything.

Flags get a QGIS style and no colour table: a TIFF palette for 16-bit pixels has 65,536 entries,
393 kB in the full image and in each of its overviews.
"""

from __future__ import annotations

import glob
import math
from collections.abc import Mapping
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from odc.geo.geobox import GeoBox
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.io import DatasetWriter
from rasterio.windows import Window

from smmap.product.layers import SM, SM_QUALITY
from smmap.product.tally import Tally
from smmap.sinks.overviews import choose_step, stage_overviews
from smmap.sinks.qml import compute_quality_style, compute_sm_style
from smmap.sinks.sink import Finished
from smmap.sinks.source import PixelSource
from smmap.spec.band import Layer
from smmap.spec.errors import StoreError
from smmap.store.atomic import report_store_errors
from smmap.store.gdal import bound_cache, open_settings

_BLOCK = 512
_DENSE = {"blockysize": 64}
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
    "bigtiff": "IF_SAFER",
    # Both are there already: GDAL takes most of the time of a file for them.
    "overviews": "FORCE_USE_EXISTING",
    "statistics": "AUTO",
    # Threads belong to the blocks of a tile, and one thread always writes the same bytes.
    "num_threads": "1",
}


def write_cogs(folder: Path, finished: Finished) -> dict[str, Path]:
    """One COG a layer, and QGIS styles beside them."""
    written = {}
    for layer, packed in finished.packed.items():
        path = folder / f"{finished.stem}_{layer.name}.tif"
        tally = finished.tallies.get(layer)
        write_cog(path, packed, finished.area.to_geobox(), layer, tags=finished.tags, tally=tally)
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
    tally: Tally | None = None,
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
    tally
        How often each number occurs, for the file's statistics; None: it is counted.

    Raises
    ------
    StoreError
        If the file cannot be written whole.
    """
    staged = path.with_suffix(".staged.tif")
    base = _describe(layer, sparse=sparse)
    place = {"crs": str(geobox.crs), "transform": geobox.affine}
    height, width = geobox.shape
    reason = ""
    bound_cache()
    try:
        # Whoever has told GDAL to look at no folder has it find no overviews beside a file.
        with open_settings(GDAL_DISABLE_READDIR_ON_OPEN=False):
            with rasterio.open(staged, "w", **base, **place, height=height, width=width) as dataset:
                counted = _fill(dataset, packed, layer, sparse=sparse, tally=tally)
                dataset.update_tags(1, **_describe_statistics(counted))
                dataset.scales = (layer.scale_factor or 1.0,)
                dataset.offsets = (0.0,)
                dataset.units = (layer.units,)
                dataset.set_band_description(1, description or layer.long_name)
                dataset.update_tags(**dict(sorted((tags or {}).items())))
            stage_overviews(staged, layer, base, _BLOCK)
            # This lets other threads run, as closing a dataset opened with this driver does not.
            rasterio.shutil.copy(staged, path, **_CREATION, sparse_ok=sparse)
            if not _is_whole(path):
                reason = "the disk took only a part of it"
    # GDAL's errors cannot be pickled, so they must not travel as the cause of ours.
    except (RasterioError, CPLE_BaseError, OSError) as error:
        reason = str(error)
    with suppress(OSError):
        for one in path.parent.glob(f"{glob.escape(staged.name)}*"):
            one.unlink(missing_ok=True)
        if reason:
            path.unlink(missing_ok=True)
    if reason:
        raise StoreError(f"cannot write {path}: {reason}; free space or change permissions")


def _describe(layer: Layer, *, sparse: bool) -> dict[str, Any]:
    """What staged files are opened with, but for their size and place."""
    return {
        "driver": "GTiff",
        "bigtiff": "YES",
        "count": 1,
        "dtype": layer.dtype,
        "nodata": layer.fill,
        **(_SPARSE if sparse else _DENSE),
    }


def _fill(
    dataset: DatasetWriter, packed: PixelSource, layer: Layer, *, sparse: bool, tally: Tally | None
) -> Tally:
    """Write all pixels; how often each number occurs, where that is not known."""
    counted = tally or Tally(layer)
    height, width = packed.shape
    down, across = choose_step(width, _BLOCK if sparse else None)
    for top, left in product(range(0, height, down), range(0, width, across)):
        rows, columns = slice(top, min(top + down, height)), slice(left, min(left + across, width))
        values = packed[rows, columns]
        if tally is None:
            counted.add(values)
        if not sparse or (values != layer.fill).any():
            dataset.write(values, 1, window=Window.from_slices(rows, columns))
    return counted


def _describe_statistics(tally: Tally) -> dict[str, str]:
    """As GDAL writes them, of stored numbers; empty where all is nodata."""
    numbers, weights = tally.get_counts()
    if not weights.size:
        return {}
    mean = float(np.average(numbers, weights=weights))
    figures = {
        "MAXIMUM": numbers[-1],
        "MEAN": mean,
        "MINIMUM": numbers[0],
        "STDDEV": math.sqrt(np.average((numbers - mean) ** 2, weights=weights)),
    }
    share = 100 * weights.sum() / tally.count_all()
    return {f"STATISTICS_{name}": f"{value:.14g}" for name, value in figures.items()} | {
        "STATISTICS_VALID_PERCENT": f"{share:.4g}"
    }


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
