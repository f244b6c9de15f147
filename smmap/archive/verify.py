"""Checks that everything reachable from an output's catalogue is whole."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from smmap.archive.cube import SHARD_DEPTH, compute_digest
from smmap.archive.ledger import Committed, list_committed, list_tiles
from smmap.product.encoding import ROOT_DOCUMENT
from smmap.product.layout import LAYOUT
from smmap.spec.errors import ArchiveError
from smmap.store.output import OutputStore

_PREFIX = "1220"
"""Of a SHA-256 multihash."""
_IGNORED = ("root", "parent", "collection", "self", "derived_from", "cite-as", "license")


def verify_output(store: OutputStore) -> list[str]:
    """What is wrong with an output, in words; empty if nothing is.

    Every linked document is there and is JSON; every file that an item names is there and has the
    checksum and size that the item states; every cube has a strictly increasing time axis and the
    very shards of its items' slices; every committed item is linked.

    Raises
    ------
    ArchiveError
        If there is no output.
    """
    if store.read(LAYOUT.catalog) is None:
        raise ArchiveError(f"{store.address} is not an output of smmap: no {LAYOUT.catalog}")
    reached: dict[str, dict[str, Any]] = {}
    problems = list(_walk(store, LAYOUT.catalog, reached))
    for path, document in reached.items():
        problems += _check_assets(store, path, document)
    for tile in list_tiles(store):
        problems += _check_tile(store, tile, reached)
    return problems


def _walk(store: OutputStore, path: str, reached: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Read a document and all that it links to; say which are missing."""
    try:
        document = json.loads(store.read(path) or b"")
    except ValueError:
        yield f"{path}: linked, but not there or not JSON"
        return
    reached[path] = document
    for link in document.get("links", []):
        target = _resolve(path, link["href"])
        if link["rel"] not in _IGNORED and "://" not in link["href"] and target not in reached:
            yield from _walk(store, target, reached)


def _resolve(path: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), href))


def _check_assets(store: OutputStore, path: str, document: dict[str, Any]) -> Iterator[str]:
    for name, asset in document.get("assets", {}).items():
        target = _resolve(path, asset["href"])
        if "://" in asset["href"] or asset["href"].startswith("/"):
            continue
        if asset.get("type", "").startswith("application/vnd.zarr"):
            if store.read(f"{target}/{ROOT_DOCUMENT}") is None:
                yield f"{target}: asset '{name}' of {path} is not there or not complete"
            continue
        data = store.read(target)
        if data is None:
            yield f"{target}: asset '{name}' of {path} is not there"
        elif asset.get("file:size", len(data)) != len(data):
            yield f"{target}: {len(data)} bytes, {path} says {asset['file:size']}"
        elif "file:checksum" in asset:
            found = _PREFIX + hashlib.sha256(data).hexdigest()
            if asset["file:checksum"] != found:
                yield f"{target}: checksum differs from the one in {path}"


def _check_tile(store: OutputStore, tile: str, reached: dict[str, dict[str, Any]]) -> Iterator[str]:
    committed = list_committed(store, tile)
    for item in committed:
        if item.path not in reached:
            yield f"{item.path}: committed, but not linked; any run repairs the links"
    path = LAYOUT.tile_collection(tile)
    for name, asset in reached.get(path, {}).get("assets", {}).items():
        slices = [one for one in committed if one.slice is not None and name == f"cube-{one.year}"]
        yield from _check_cube(store, _resolve(path, asset["href"]), slices)


def _check_cube(store: OutputStore, cube: str, slices: list[Committed]) -> Iterator[str]:
    """Time axis and shards of a cube against the slices that it should hold, in order of time."""
    if store.read(f"{cube}/{ROOT_DOCUMENT}") is None:
        return
    times = xr.open_zarr(store.open_zarr_store(cube), chunks=None).time.values
    if not (np.diff(times) > np.timedelta64(0)).all():
        yield f"{cube}: its time axis does not increase strictly"
    if posixpath.basename(cube) != f"{compute_digest(slices)}.zarr":
        yield f"{cube}: older than its {len(slices)} committed slices; any run repairs it"
        return
    if len(times) != len(slices):
        yield f"{cube}: {len(times)} times, but {len(slices)} committed slices"
        return
    expected = {
        "/".join([layer, "c", str(position), *rest[2:]]): path
        for position, folder in enumerate(str(one.slice) for one in slices)
        for path in store.list_files(folder)
        for layer, *rest in [path.removeprefix(f"{folder}/").split("/")]
        if len(rest) == SHARD_DEPTH and rest[0] == "c"
    }
    there = {path.removeprefix(f"{cube}/") for path in store.list_files(cube)}
    for name, source in expected.items():
        if name not in there:
            yield f"{cube}/{name}: the shard of {source} is missing"
        elif store.read(f"{cube}/{name}") != store.read(source):
            yield f"{cube}/{name}: differs from {source}"
