"""One overpass as a slice of its tile's cube."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smmap.product.encoding import compute_group_files, compute_shard_shape
from smmap.sinks.shard import encode_shard
from smmap.sinks.sink import Finished
from smmap.sinks.source import PixelSource
from smmap.spec.band import Layer
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Block
from smmap.store.atomic import report_store_errors


def write_cube_slice(folder: Path, finished: Finished) -> dict[str, Path]:
    """``slice.zarr`` over the whole tile."""
    path = folder / "slice.zarr"
    attributes = {"title": "Soil moisture of one overpass", **finished.tags}
    write_slice(
        path,
        finished.packed,
        finished.area,
        finished.overpass,
        depth_m=finished.depth_m,
        attributes=attributes,
    )
    return {"slice": path}


def write_slice(
    path: Path,
    packed: Mapping[Layer, PixelSource],
    area: Block,
    overpass: Overpass,
    *,
    depth_m: tuple[float, float],
    attributes: Mapping[str, Any],
) -> None:
    """Write a Zarr v3 group with arrays (1, y, x) that span the tile.

    Each shard is written once and whole, so that its bytes depend on its pixels alone; shards
    that hold only nodata are not written.

    Parameters
    ----------
    path
        New folder.
    packed
        Stored integers of each layer, (y, x) over ``area``.
    area
        Window of the tile's GeoBox.
    overpass
        Time, platform and orbit.
    depth_m
        Top and bottom of the soil layer, metres.
    attributes
        Of the group.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    files = compute_group_files(list(packed), area.geobox, [overpass], depth_m, attributes)
    with report_store_errors(str(path)):
        for name, data in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)
        for layer, values in packed.items():
            _write_shards(path / layer.name, values, area, layer.fill)


def _write_shards(path: Path, values: PixelSource, area: Block, fill: int) -> None:
    rows, columns = compute_shard_shape(*area.geobox.shape)
    for i in range(area.row // rows, -(-(area.row + area.height) // rows)):
        for j in range(area.col // columns, -(-(area.col + area.width) // columns)):
            shard = Block(area.geobox, i * rows, j * columns, rows, columns)
            data = encode_shard(values, area, shard, fill)
            if data is not None:
                place = path / "c" / "0" / str(i) / str(j)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
