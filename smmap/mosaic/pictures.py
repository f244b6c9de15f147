"""COGs, styles and thumbnail of a day, from its shards."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import rasterio
import zarr
from rasterio.enums import Resampling

from smmap.mosaic.cog import write_mosaic_cog
from smmap.mosaic.pieces import PicturesPiece
from smmap.product.daily_layers import DAILY_LAYERS
from smmap.product.daily_layout import SLICE
from smmap.product.layers import SM, SM_QUALITY
from smmap.product.stored_file import StoredFile
from smmap.sinks.qml import compute_quality_style, compute_sm_style
from smmap.sinks.quicklook import MAX_SIDE, write_quicklook
from smmap.store.atomic import report_store_errors
from smmap.store.output import OutputStore


def publish_pictures(
    piece: PicturesPiece, out: OutputStore, staging: Path
) -> dict[str, StoredFile]:
    """Make them in ``staging`` and put them one by one; files by asset name."""
    files = {}
    with tempfile.TemporaryDirectory(dir=staging) as folder:
        for name, path in _write(Path(folder), piece, out).items():
            target = f"{piece.target}/{path.name}"
            mark = out.publish_file(path, target)
            files[name] = StoredFile(target, mark.sha256, mark.size)
    return files


def _write(folder: Path, piece: PicturesPiece, out: OutputStore) -> dict[str, Path]:
    unit = piece.unit
    source = f"{piece.target}/{SLICE}"
    with out.report_errors(source):
        group = zarr.open_group(out.open_zarr_store(source), mode="r", zarr_format=3)
    written = {}
    for layer in DAILY_LAYERS:
        written[layer.name] = folder / f"{unit.id}_{layer.name}.tif"
        with out.report_errors(source):
            write_mosaic_cog(written[layer.name], group, unit.area, layer, unit.tags)
    styles = {
        "style": (SM, compute_sm_style()),
        "quality_style": (SM_QUALITY, compute_quality_style()),
    }
    for asset, (layer, style) in styles.items():
        written[asset] = folder / f"{unit.id}_{layer.name}.qml"
        with report_store_errors(str(written[asset])):
            written[asset].write_text(style, encoding="utf-8")
    written["thumbnail"] = folder / f"{unit.id}_thumbnail.png"
    with rasterio.open(written["sm"]) as file:
        thin = max(1, math.ceil(max(file.shape) / MAX_SIDE))
        shape = (math.ceil(file.height / thin), math.ceil(file.width / thin))
        small = file.read(1, out_shape=shape, resampling=Resampling.average)
    write_quicklook(written["thumbnail"], small)
    return written
