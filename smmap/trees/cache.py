"""Packed forms on disk: found by what they were made of, made where there is none.

That it is whole is known by its checksum, which is noted as long as the file stays as it is, and
by its nodes, each of which is looked at whenever it is opened: none may lead out of its tree.
A form lies beside its ONNX file, or, where that folder cannot be written, in the user's cache
folder; where neither can, it is kept in memory.
"""

from __future__ import annotations

import logging
import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from smmap.spec.errors import StoreError
from smmap.store.atomic import report_store_errors, sync_folder
from smmap.store.checksum import compute_sha256
from smmap.store.known_checksum import find_sha256, get_cache_folder
from smmap.store.lock import hold_lock
from smmap.trees import _kernel
from smmap.trees.file_names import SUFFIX
from smmap.trees.packed import Packed, compute_digest, read_packed

logger = logging.getLogger(__name__)


def open_packed(path: Path) -> Packed:
    """The packed form of an ONNX file, mapped read-only from disk where possible.

    Raises
    ------
    ModelError
        As ``load_ensemble`` and ``pack``, if it has to be made.
    """
    digest = find_sha256(path)
    places = list(_list_places(path, digest))
    for place in places:
        found = _map(place, path, digest)
        if found is not None:
            return found
    digest = compute_sha256(path)
    for place in places:
        try:
            return _make(place, path, digest)
        except StoreError as error:
            logger.info("%s: packed form not kept at %s: %s", path.name, place, error)
    from smmap.trees.write_packed import pack_file

    return pack_file(path, digest, lambda size: np.zeros(size, np.uint8))


def _list_places(path: Path, digest: str) -> Iterator[Path]:
    yield path.with_name(path.name + SUFFIX)
    yield get_cache_folder() / "trees" / (digest[:32] + SUFFIX)


def _map(place: Path, path: Path, digest: str) -> Packed | None:
    """The form at that place, if it is whole and made of this file and those it refers to."""
    try:
        with place.open("rb") as file:
            whole = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
    except (OSError, ValueError):  # not there, not to be read, or empty
        return None
    packed = read_packed(whole, lambda: find_sha256(place, lambda _: compute_digest(whole)))
    if packed is None or not _kernel.fits(*packed.description):
        logger.info("%s: damaged or of another version; packed again", place)
        return None
    made_of = list(packed.sources.items())
    others = [(path.parent / name, found) for name, found in made_of[1:]]
    if made_of[0][1] != digest or any(
        not other.is_file() or find_sha256(other) != found for other, found in others
    ):
        return None
    return packed


def _make(place: Path, path: Path, digest: str) -> Packed:
    """Pack to that place, one process at a time; a StoreError where it cannot be written."""
    with hold_lock(place.with_name(f".{place.name}.lock")) as lock:
        made = _map(place, path, digest)  # while waiting
        if made is not None:
            return made
        from smmap.trees.write_packed import write_packed

        temporary = place.with_name(f".{place.name}.tmp")  # a killed process's is written over
        try:
            write_packed(path, digest, temporary, lock)
            with report_store_errors(str(place)):
                temporary.replace(place)
                sync_folder(place.parent)
        finally:
            temporary.unlink(missing_ok=True)
        logger.info("%s: trees packed to %s", path.name, place)
        made = _map(place, path, digest)
    if made is None:
        raise StoreError(f"{place}: what was written does not come back; check the disk")
    return made
