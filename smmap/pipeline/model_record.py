"""The model's own item in the output, with the package beside it."""

from __future__ import annotations

import posixpath
from datetime import UTC, datetime

from smmap.pipeline.run_state import RunState
from smmap.product.document import encode_document
from smmap.product.layout import LAYOUT
from smmap.product.model_item import compute_model_item
from smmap.product.names import compute_model_id
from smmap.trees.file_names import is_left_by_engine

_CARRIED_BYTES = 64 * 2**20
"""Packages up to this size travel with the maps; of larger ones the item names the folder."""


def record_model(run: RunState) -> None:
    """Write the model's item once; its id holds a digest of all that decides pixels."""
    identifier = compute_model_id(run.card)
    path = LAYOUT.model(identifier)
    if run.store.read(path) is not None:
        return
    package = run.context.package
    files = sorted(one for one in package.iterdir() if one.is_file() and not is_left_by_engine(one))
    place = str(package.resolve())
    if sum(one.stat().st_size for one in files) <= _CARRIED_BYTES:
        place = "./package"
        for one in files:
            target = f"{posixpath.dirname(path)}/package/{one.name}"
            run.store.put(target, one.read_bytes(), run.staging)
    item = compute_model_item(run.card, place, datetime.now(UTC))
    run.store.put(path, encode_document(item), run.staging)
