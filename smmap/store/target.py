"""Whether something can be written where it is asked for, before any work is done for it."""

from __future__ import annotations

import os
from pathlib import Path

from smmap.spec.errors import StoreError
from smmap.store.atomic import follow_link, report_store_errors


def check_file(path: Path) -> None:
    """Refuse a name that no file can be written to; nothing is changed.

    Folders that lead to it need not be there: writing makes them.

    Raises
    ------
    StoreError
        If a folder, device, pipe or socket has that name, or the folder for it cannot be made or
        written into.
    """
    with report_store_errors(str(path)):
        _check_holder(path, follow_link(path).parent)


def check_folder(path: Path) -> None:
    """Refuse a name that no folder can have, or into which nothing can be written.

    Raises
    ------
    StoreError
        If it, or one of the folders that lead to it, is something else than a folder or a link to
        one, or cannot be written into.
    """
    _check_holder(path, path)


def _check_holder(path: Path, folder: Path) -> None:
    """``folder``, or the last one on the way to it that is there."""
    # A link to nothing is there, too: no folder can be made in its place.
    there = next((one for one in (folder, *folder.parents) if os.path.lexists(one)), Path())
    if not there.is_dir():
        raise StoreError(f"cannot write {path}: {there} is no folder; name another place")
    # As the user at work, which is not always the one who started the process.
    effective = os.access in os.supports_effective_ids
    if not os.access(there, os.W_OK | os.X_OK, effective_ids=effective):
        raise StoreError(
            f"cannot write {path}: no permission to write into {there}; change that, or name "
            "another place"
        )
