"""One shard of a mosaic on one day: merged patch by patch, written once and whole."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from smmap.mosaic.patch import merge_patch
from smmap.mosaic.pieces import ShardPiece
from smmap.mosaic.reader import MapReader
from smmap.mosaic.sampling import split_patches
from smmap.mosaic.shard_record import write_record
from smmap.product.daily_layers import DAILY_LAYERS
from smmap.product.daily_layout import SLICE
from smmap.product.daily_store import compute_daily_files
from smmap.product.layers import SM
from smmap.product.merge_registry import get_merge_rule
from smmap.spec.band import Layer
from smmap.store.atomic import report_store_errors
from smmap.store.output import OutputStore


def publish_shard(piece: ShardPiece, out: OutputStore, staging: Path) -> Counter[int]:
    """Merge a shard and put its files, then the record that they are whole.

    Its bytes depend on its cells alone; layers without any are absent.

    Returns
    -------
    Counter
        How often each stored value of ``sm`` occurs.
    """
    packed = merge_shard(piece)
    with tempfile.TemporaryDirectory(dir=staging) as folder:
        group = Path(folder)
        for layer, values in packed.items():
            if (values != layer.fill).any():
                _write(group, piece, layer, values)
                for file in sorted((group / layer.name / "c").rglob("*")):
                    if file.is_file():
                        name = file.relative_to(group).as_posix()
                        out.publish_file(file, f"{piece.target}/{SLICE}/{name}")
    counts = _count(packed[SM])
    write_record(out, piece, counts, staging)
    return counts


def merge_shard(piece: ShardPiece) -> dict[Layer, NDArray[Any]]:
    """Stored values of all daily layers over the whole shard, (y, x)."""
    unit, shard = piece.unit, piece.shard
    packed = {layer: np.full(shard.shape, layer.fill, layer.dtype) for layer in DAILY_LAYERS}
    area = shard.overlap(unit.area)
    windows = [(window, one) for window, one in piece.windows if area and window.overlap(area)]
    if area is None or not windows:
        return packed
    rule = get_merge_rule(unit.rule)
    readers = {one.committed.id: MapReader(one) for _, one in windows}
    for patch in split_patches(area, unit.canvas, windows[0][1].tile):
        touching = {one.committed.id for window, one in windows if window.overlap(patch)}
        chosen = [reader for name, reader in readers.items() if name in touching]
        merged = merge_patch(unit.canvas, patch, chosen, rule, piece.reference_s)
        for layer, values in (merged or {}).items():
            packed[layer][patch.within(shard)] = values
    return packed


def _write(group: Path, piece: ShardPiece, layer: Layer, values: NDArray[Any]) -> None:
    """One layer into a group of this process's own; of its documents only the codecs matter."""
    unit, shard = piece.unit, piece.shard
    documents: Mapping[str, bytes] = compute_daily_files(
        [layer], unit.canvas.geobox, [unit.day], None, {}, with_axes=False
    )
    rows = slice(shard.row, shard.row + shard.height)
    cols = slice(shard.col, shard.col + shard.width)
    with report_store_errors(str(group)):
        for name, data in documents.items():
            (group / name).parent.mkdir(parents=True, exist_ok=True)
            (group / name).write_bytes(data)
        array = zarr.open_array(group / layer.name, mode="r+", zarr_format=3)
        array[:, rows, cols] = values[None]


def _count(values: NDArray[Any]) -> Counter[int]:
    stored, counts = np.unique(values[values != SM.fill], return_counts=True)
    return Counter(dict(zip(stored.tolist(), counts.tolist(), strict=True)))
