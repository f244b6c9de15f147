"""A simulated world appears whole, in place of an earlier one, or not at all."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from smmap.simulate.stac import CATALOG_ID
from smmap.spec.errors import StoreError
from smmap.store.atomic import report_store_errors, sync_tree


@contextmanager
def replace_world(out: Path) -> Iterator[Path]:
    """A folder to write into, which becomes ``out`` when the block ends without an error.

    Raises
    ------
    StoreError
        If ``out`` holds something else than an earlier world, or cannot be written.
    """
    _check_free(out)
    # No dot within: pystac takes what looks like an extension for a file's name.
    staged = out.absolute().with_name(f".staging-{uuid.uuid4().hex}")
    try:
        with report_store_errors(str(out)):
            yield staged
            sync_tree(staged)
            shutil.rmtree(out, ignore_errors=True)
            staged.rename(out)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _check_free(out: Path) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    try:
        root = json.loads((out / "catalog.json").read_bytes())
    except (OSError, ValueError):
        root = None
    if not isinstance(root, Mapping) or root.get("id") != CATALOG_ID:
        raise StoreError(
            f"{out} holds something else than a simulated world; choose another folder"
        )
