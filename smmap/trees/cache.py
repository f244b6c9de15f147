"""Packed forms on disk: found by what they were made of, made where there is none.

A form lies beside its ONNX file, or, where that folder cannot be written, in the user's cache
folder; where neither can, it is kept in memory.
"""

from __future__ import annotations

import logging
import mmap
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from smmap.spec.errors import StoreError
from smmap.store.atomic import report_store_errors, sync_folder
from smmap.store.checksum import compute_sha256
from smmap.store.lock import hold_lock
from smmap.trees import _kernel
from smmap.trees.ensemble import Ensemble
from smmap.trees.load_ensemble import read_trees
from smmap.trees.onnx_graph import load_tree_node
from smmap.trees.pack import pack
from smmap.trees.packed import Bytes, Packed, read_packed

logger = logging.getLogger(__name__)

SUFFIX = ".trees"
_ZEROS = bytes(1 << 20)


def open_packed(path: Path) -> Packed:
    """The packed form of an ONNX file, mapped read-only from disk where possible.

    Raises
    ------
    ModelError
        As ``load_ensemble`` and ``pack``, if it has to be made.
    """
    digest = compute_sha256(path)
    places = list(_list_places(path, digest))
    for place in places:
        found = _map(place, path, digest)
        if found is not None:
            return found
    node = load_tree_node(path)
    others = {name: compute_sha256(path.parent / name) for name in node.external}
    sources = {path.name: digest, **others}
    ensemble = read_trees(node, str(path))
    del node
    for place in places:
        try:
            return _make(place, path, ensemble, sources)
        except StoreError as error:
            logger.info("%s: packed form not kept at %s: %s", path.name, place, error)
    return pack(ensemble, sources, lambda size: np.zeros(size, np.uint8))


def _list_places(path: Path, digest: str) -> Iterator[Path]:
    yield path.with_name(path.name + SUFFIX)
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    yield Path(home, "smmap", "trees", digest[:32] + SUFFIX)


def _map(place: Path, path: Path, digest: str) -> Packed | None:
    """The form at that place, if it is whole and made of this file and those it refers to."""
    try:
        with place.open("rb") as file:
            whole = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
    except (OSError, ValueError):  # not there, not to be read, or empty
        return None
    packed = read_packed(whole)
    if packed is None or not _kernel.fits(*packed.description):
        logger.info("%s: damaged or of another version; packed again", place)
        return None
    now = dict(packed.sources)
    own, *others = now
    if now[own] != digest or any(
        not (path.parent / name).is_file() or compute_sha256(path.parent / name) != now[name]
        for name in others
    ):
        return None
    return packed


def _make(place: Path, path: Path, ensemble: Ensemble, sources: dict[str, str]) -> Packed:
    """Pack to that place, one process at a time; a StoreError where it cannot be written."""
    with hold_lock(place.with_name(f".{place.name}.lock")):
        made = _map(place, path, sources[path.name])  # while waiting
        if made is not None:
            return made
        temporary = place.with_name(f".{place.name}.tmp")  # a killed process's is written over

        def reserve(size: int) -> Bytes:
            with report_store_errors(str(temporary)), temporary.open("w+b") as file:
                # Written, not only sized: a full disk would end the process that writes to its map.
                for start in range(0, size, len(_ZEROS)):
                    file.write(_ZEROS[: size - start])
                file.flush()
                return np.frombuffer(mmap.mmap(file.fileno(), size), np.uint8)

        try:
            pack(ensemble, sources, reserve)
            with report_store_errors(str(place)):
                handle = os.open(temporary, os.O_RDONLY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)
                temporary.replace(place)
                sync_folder(place.parent)
        finally:
            temporary.unlink(missing_ok=True)
        logger.info("%s: %d trees packed to %s", path.name, len(ensemble.target), place)
        made = _map(place, path, sources[path.name])
    if made is None:
        raise StoreError(f"{place}: what was written does not come back; check the disk")
    return made
