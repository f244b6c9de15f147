"""Generations of cubes: committed slices joined in time, never modified, switched as a whole."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from smmap.archive.item import CommittedItem
from smmap.product.encoding import ROOT_DOCUMENT
from smmap.store.output import OutputStore

_DIGEST_LENGTH = 16
_SHARD_DEPTH = 4
"""Parts of a shard's path within its array: c, time, row, column."""


def compute_digest(items: Sequence[CommittedItem]) -> str:
    """Name of a generation: a digest over its sorted (item id, fingerprint)."""
    lines = sorted(f"{one.id} {one.fingerprint}" for one in items)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:_DIGEST_LENGTH]


def is_published(store: OutputStore, path: str) -> bool:
    """Whether a generation is there and complete."""
    return store.read(f"{path}/{ROOT_DOCUMENT}") is not None


def list_shards(
    store: OutputStore, slices: Mapping[int, str]
) -> tuple[dict[str, str], frozenset[str]]:
    """What a cube shares with its slices.

    Parameters
    ----------
    slices
        Position along the cube's time -> path of the slice.

    Returns
    -------
    dict
        Path within the cube -> path of the slice's shard that it is.
    frozenset
        Names of all arrays that any slice has.
    """
    shards: dict[str, str] = {}
    arrays: set[str] = set()
    if not slices:
        return shards, frozenset()
    positions = {folder: position for position, folder in slices.items()}
    depth = len(next(iter(positions)).split("/"))
    # One listing of what holds them all: one a slice takes a hundred times as many requests.
    for path in store.list_files(posixpath.commonpath(positions)):
        parts = path.split("/")
        position = positions.get("/".join(parts[:depth]))
        array, *rest = parts[depth:] or [""]
        if position is None:
            continue
        if rest:
            arrays.add(array)
        # Chunks c/0/i/j of a slice are the chunks c/t/i/j of the cube; coordinates are its own.
        if len(rest) == _SHARD_DEPTH and rest[:2] == ["c", "0"]:
            shards["/".join([array, "c", str(position), *rest[2:]])] = path
    return shards, frozenset(arrays)


def publish_generation(
    store: OutputStore,
    path: str,
    shards: Mapping[str, str],
    files: Mapping[str, bytes],
    staging: Path,
) -> None:
    """Build a cube from shards of slices and its own ``files``, its root document last.

    Shards are linked, so a cube in a folder costs no more disk than its slices; in an object store
    they are copied by the server.
    """
    ordered = sorted(files.items(), key=lambda one: one[0] == ROOT_DOCUMENT)
    store.publish_links(path, shards, dict(ordered), staging)


def load_depth(store: OutputStore, path: str) -> tuple[float, float] | None:
    """Top and bottom of a slice's soil layer, metres; None where it does not say."""
    return next(iter(load_depths(store, [path])), None)


def load_depths(store: OutputStore, paths: Sequence[str]) -> set[tuple[float, float]]:
    """The soil layers, top and bottom in metres, that any of the slices say."""
    found = set()
    for data in store.read_many([f"{path}/depth_bnds/c/0" for path in paths]):
        if data is not None:
            top, bottom = np.frombuffer(data, "<f8").tolist()
            found.add((top, bottom))
    return found
