"""Writes what others may write at the same time: nobody's change is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import pystac

from smmap.archive.item import CommittedItem, parse_item, report_bad_item
from smmap.product.document import encode_document
from smmap.product.stored_file import StoredFile
from smmap.spec.errors import StoreError
from smmap.store.output import OutputStore, join_address

_TRIES = 20


def put_index(
    store: OutputStore, path: str, build: Callable[[], pystac.Catalog], staging: Path
) -> None:
    """Write what ``build`` makes of what lies there, building again if a rival was faster."""
    for _ in range(_TRIES):
        current = store.read(path)
        data = encode_document(build())
        if data == current or store.swap(path, current, data, staging):
            return
    _give_up(store, path)


def publish_files(
    store: OutputStore, staged: Path, target: str, files: Mapping[str, str]
) -> dict[str, StoredFile]:
    """Make a unit's finished folder appear at ``target``; its files by asset name.

    Parameters
    ----------
    files
        Asset name -> path within the folder, of a file or of a folder.
    """
    marks = store.publish_folder(staged, target, [*files.values()])
    found = {name: (f"{target}/{path}", marks.get(path)) for name, path in files.items()}
    return {
        name: StoredFile(path) if mark is None else StoredFile(path, mark.sha256, mark.size)
        for name, (path, mark) in found.items()
    }


def put_item(
    store: OutputStore,
    path: str,
    data: bytes,
    staging: Path,
    *,
    check: Callable[[CommittedItem], None] | None = None,
) -> None:
    """Create an item, or replace an older one; a rival's equal item is as good as ours.

    Parameters
    ----------
    check
        Is shown the item that would be replaced, and raises if it must stay.

    Raises
    ------
    ArchiveError
        If there is a file that is no item of ours.
    StoreError
        If others keep changing it.
    """
    ours = parse_item(data, path)
    for _ in range(_TRIES):
        current = store.read(path)
        if current is not None:
            with report_bad_item(store, path):
                there = parse_item(current, path)
            if there.fingerprint == ours.fingerprint:
                return
            if check is not None:
                check(there)
        if store.swap(path, current, data, staging):
            return
    _give_up(store, path)


def _give_up(store: OutputStore, path: str) -> NoReturn:
    where = join_address(store.address, path)
    raise StoreError(f"{where}: other runs keep changing it; run one at a time, or rerun later")
