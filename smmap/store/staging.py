"""A run's private folder, removed by its owner or by a run that finds the owner gone."""

from __future__ import annotations

import logging
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smmap.store.atomic import report_store_errors
from smmap.store.lock import hold_lock, try_lock

logger = logging.getLogger(__name__)

_LOCK = "owner.lock"


@contextmanager
def open_staging(root: Path) -> Iterator[Path]:
    """Make ``root/<run-id>/``, hold its lock, and remove it at the end.

    Folders whose owner's lock is free were left by a killed run and are removed first.
    """
    # One run at a time makes and removes folders: in between, a folder has no owner's lock.
    gate = root.with_name(f"{root.name}.lock")
    with hold_lock(gate), report_store_errors(str(root)):
        root.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(root)
        folder = root / uuid.uuid4().hex[:12]
        folder.mkdir()
        owner = try_lock(folder / _LOCK)
    try:
        yield folder
    finally:
        with hold_lock(gate):
            shutil.rmtree(folder, ignore_errors=True)
        if owner is not None:
            owner.close()


def _remove_abandoned(root: Path) -> None:
    """Remove the staging folders whose owner is gone; under the root's lock."""
    for folder in root.iterdir():
        if not folder.is_dir():
            continue
        owner = try_lock(folder / _LOCK)
        if owner is None:
            continue
        logger.info("removing staging of a run that did not finish: %s", folder.name)
        shutil.rmtree(folder, ignore_errors=True)
        owner.close()
