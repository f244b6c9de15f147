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
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError

from smmap.product.layers import SM, SM_QUALITY
from smmap.sinks.qml import compute_quality_style, compute_sm_style
from smmap.sinks.sink import Finished
from smmap.spec.band import Layer
from smmap.spec.errors import StoreError
from smmap.store.atomic import report_store_errors

_BLOCK = 512
_CREATION = {
    "driver": "COG",
    "blocksize": _BLOCK,
    "compress": "DEFLATE",
    "level": 6,
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
    packed: NDArray[Any],
    geobox: GeoBox,
    layer: Layer,
    *,
    description: str = "",
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write one layer.

    Overviews are averages of valid pixels; of flags, the most frequent value.

    Parameters
    ----------
    path
        New file, in a folder that exists; removed again if it cannot be completed.
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

    Raises
    ------
    StoreError
        If the file cannot be written whole.
    """
    profile = {
        "height": packed.shape[0],
        "width": packed.shape[1],
        "count": 1,
        "dtype": layer.dtype,
        "nodata": layer.fill,
        "crs": str(geobox.crs),
        "transform": geobox.affine,
        "overview_resampling": "MODE" if layer.scale_factor is None else "AVERAGE",
    }
    reason = ""
    try:
        with rasterio.open(path, "w", **_CREATION, **profile) as dataset:
            dataset.write(packed, 1)
            dataset.scales = (layer.scale_factor or 1.0,)
            dataset.offsets = (0.0,)
            dataset.units = (layer.units,)
            dataset.set_band_description(1, description or layer.long_name)
            dataset.update_tags(**dict(sorted((tags or {}).items())))
        if not _is_whole(path):
            reason = "the disk took only a part of it"
    # GDAL's errors cannot be pickled, so they must not travel as the cause of ours.
    except (RasterioError, CPLE_BaseError, OSError) as error:
        reason = str(error)
    if reason:
        with suppress(OSError):
            path.unlink()
        raise StoreError(f"cannot write {path}: {reason}; free space or change permissions")


def _is_whole(path: Path) -> bool:
    """Whether the file holds its last block: GDAL does not always report a full disk."""
    with rasterio.open(path) as dataset:
        row, column = (dataset.height - 1) // _BLOCK, (dataset.width - 1) // _BLOCK
        offset, size = (
            int(dataset.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=1))
            for what in ("OFFSET", "SIZE")
        )
    return path.stat().st_size >= offset + size
