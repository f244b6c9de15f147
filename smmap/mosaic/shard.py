"""One shard of a mosaic on one day: merged patch by patch, written once and whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import zarr

from smmap.mosaic.patch import merge_patch
from smmap.mosaic.plan import DayPlan
from smmap.mosaic.reader import MapReader
from smmap.mosaic.sampling import split_patches
from smmap.product.daily_layers import DAILY_LAYERS
from smmap.product.layers import SM
from smmap.product.merge_registry import get_merge_rule
from smmap.spec.tile import Block
from smmap.store.atomic import report_store_errors


def write_shard(group: Path, shard: Block, day: DayPlan, reference_s: int) -> Counter[int]:
    """Merge and write a shard's cells within the unit's area; how often each stored ``sm`` occurs.

    A shard has one writer, and its bytes depend on its cells alone; one without any is absent.

    Parameters
    ----------
    group
        The day's group, with its documents: a folder that this process sees.
    shard
        Whole, in canvas pixels.
    day
        Its unit and its maps.
    reference_s
        Seconds since local midnight that overpasses should be near to.
    """
    unit = day.unit
    area = shard.overlap(unit.area)
    if area is None:
        return Counter()
    packed = {layer: np.full(shard.shape, layer.fill, layer.dtype) for layer in DAILY_LAYERS}
    rule = get_merge_rule(unit.rule)
    windows = [(window, one) for window, one in day.windows if window.overlap(area)]
    readers = {one.committed.id: MapReader(one) for _, one in windows}
    for patch in split_patches(area, unit.canvas, day.maps[0].tile):
        touching = {one.committed.id for window, one in windows if window.overlap(patch)}
        chosen = [reader for name, reader in readers.items() if name in touching]
        merged = merge_patch(unit.canvas, patch, chosen, rule, reference_s)
        for layer, values in (merged or {}).items():
            packed[layer][patch.within(shard)] = values
    rows = slice(shard.row, shard.row + shard.height)
    cols = slice(shard.col, shard.col + shard.width)
    for layer, values in packed.items():
        if (values != layer.fill).any():
            with report_store_errors(str(group / layer.name)):
                array = zarr.open_array(group / layer.name, mode="r+", zarr_format=3)
                array[:, rows, cols] = values[None]
    stored, counts = np.unique(packed[SM][packed[SM] != SM.fill], return_counts=True)
    return Counter(dict(zip(stored.tolist(), counts.tolist(), strict=True)))
