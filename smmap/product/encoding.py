"""How a cube is stored: every byte of it but its shards.

A slice (one overpass) and a cube (many) differ in the length of time alone, so that the shard
``sm/c/0/i/j`` of a slice is the shard ``sm/c/t/i/j`` of a cube, to be linked and not rewritten.
Both are made from the documents of this file: Zarr v3 metadata as JSON, coordinates as plain
bytes in a single chunk.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from odc.geo.geobox import GeoBox

from smmap.product.cf import CONVENTIONS, GRID_MAPPING, compute_layer_attributes
from smmap.product.coordinates import Coordinate, compute_coordinates
from smmap.spec.band import Layer
from smmap.spec.overpass import Overpass

CHUNK = 512
"""Pixels a side of what is read at least."""
SHARD = 2048
"""Pixels a side of what is written as one file."""
ROOT_DOCUMENT = "zarr.json"
"""Written last: without it there is no cube."""

ZSTD_LEVEL = 1
"""Most of a map's bytes are noise: level 3 saves two percent of them, in four times the time."""

_BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
_ZSTD = {"name": "zstd", "configuration": {"level": ZSTD_LEVEL, "checksum": False}}


def compute_shard_shape(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of a shard: whole chunks, no more than the tile needs."""
    return _cover(height), _cover(width)


def compute_array_document(
    layer: Layer, shape: tuple[int, int, int], companions: Sequence[str]
) -> dict[str, Any]:
    """Zarr v3 metadata of one layer over (time, y, x); chunks that are all fill are absent."""
    _, height, width = shape
    chunk = [1, min(CHUNK, height), min(CHUNK, width)]
    sharding = {
        "chunk_shape": chunk,
        "codecs": [_BYTES, _ZSTD],
        "index_codecs": [_BYTES, {"name": "crc32c"}],
        "index_location": "end",
    }
    return _document(
        shape,
        layer.dtype,
        chunk_shape=(1, *compute_shard_shape(height, width)),
        fill=layer.fill,
        codecs=[{"name": "sharding_indexed", "configuration": sharding}],
        attributes=compute_layer_attributes(layer, companions),
        dims=("time", "y", "x"),
    )


def compute_group_files(
    layers: Sequence[Layer],
    geobox: GeoBox,
    overpasses: Sequence[Overpass],
    depth_m: tuple[float, float],
    attributes: Mapping[str, Any],
) -> dict[str, bytes]:
    """All files of a cube but its shards, by path within it; the root document comes last.

    Parameters
    ----------
    layers
        Variables, in order.
    geobox
        The whole tile.
    overpasses
        One a step of time, in order; their scenes are not looked at.
    depth_m
        Top and bottom of the soil layer that the values stand for, metres.
    attributes
        Of the group, beside those that are always there (title, source ...).
    """
    height, width = int(geobox.shape[0]), int(geobox.shape[1])
    names = [layer.name for layer in layers]
    documents = {
        layer.name: compute_array_document(layer, (len(overpasses), height, width), names)
        for layer in layers
    }
    coordinates = compute_coordinates(geobox, overpasses, depth_m)
    return compute_store_files(documents, coordinates, attributes)


def compute_store_files(
    arrays: Mapping[str, dict[str, Any]],
    coordinates: Mapping[str, Coordinate],
    attributes: Mapping[str, Any],
) -> dict[str, bytes]:
    """All files of a group but its shards, by path within it; the root document comes last.

    Parameters
    ----------
    arrays
        Zarr v3 metadata of the variables, by name.
    coordinates
        All of them; ``depth_bnds`` and others that are no dimension included.
    attributes
        Of the group, beside those that are always there.
    """
    documents = dict(arrays)
    files: dict[str, bytes] = {}
    for name, one in coordinates.items():
        documents[name] = _document(
            one.values.shape,
            one.values.dtype.name,
            chunk_shape=one.values.shape,
            fill=0,
            codecs=[_BYTES],
            attributes=one.attributes,
            dims=one.dims,
        )
        chunk = "/".join(["c", *("0" for _ in one.dims)])
        files[f"{name}/{chunk}"] = one.values.astype(one.values.dtype.newbyteorder("<")).tobytes()
    files |= {f"{name}/{ROOT_DOCUMENT}": _to_json(one) for name, one in documents.items()}
    root = {
        "zarr_format": 3,
        "node_type": "group",
        "attributes": {
            "Conventions": CONVENTIONS,
            "coordinates": " ".join(
                name for name in coordinates if name == GRID_MAPPING or name.endswith("_bnds")
            ),
            **attributes,
        },
        "consolidated_metadata": {
            "kind": "inline",
            "must_understand": False,
            "metadata": documents,
        },
    }
    return files | {ROOT_DOCUMENT: _to_json(root)}


def _document(
    shape: Sequence[int],
    data_type: str,
    *,
    chunk_shape: Sequence[int],
    fill: int,
    codecs: list[dict[str, Any]],
    attributes: Mapping[str, Any],
    dims: Sequence[str],
) -> dict[str, Any]:
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": data_type,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunk_shape)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": fill,
        "codecs": codecs,
        "attributes": dict(attributes),
        "dimension_names": list(dims),
    }


def _cover(size: int) -> int:
    return min(SHARD, math.ceil(size / CHUNK) * CHUNK) if size > CHUNK else size


def _to_json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, indent=1, allow_nan=False).encode()
