"""The model's own item in the output, with the package beside it."""

from __future__ import annotations

from datetime import UTC, datetime

from smmap.pipeline.run_state import RunState
from smmap.product.document import encode_document
from smmap.product.layout import LAYOUT
from smmap.product.model_item import compute_model_item
from smmap.product.names import compute_model_id
from smmap.store.atomic import write_atomic

_CARRIED_BYTES = 64 * 2**20
"""Packages up to this size travel with the maps; of larger ones the item names the folder."""


def record_model(run: RunState) -> None:
    """Write the model's item once; its id holds a digest of all that decides pixels."""
    identifier = compute_model_id(run.card)
    path = run.root / LAYOUT.model(identifier)
    if path.exists():
        return
    package = run.context.package
    files = sorted(one for one in package.iterdir() if one.is_file())
    place = str(package.resolve())
    if sum(one.stat().st_size for one in files) <= _CARRIED_BYTES:
        place = "./package"
        for one in files:
            target = path.parent / "package" / one.name
            write_atomic(target, one.read_bytes(), staging=run.staging)
    item = compute_model_item(run.card, place, datetime.now(UTC))
    write_atomic(path, encode_document(item), staging=run.staging)
