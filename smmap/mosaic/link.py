"""The link from a day's item to the items of its overpasses, wherever they lie."""

from __future__ import annotations

import os
from pathlib import Path

from smmap.product.layout import compute_relative
from smmap.store.output import OutputStore, join_address


def compute_link(source: OutputStore, path: str, out: OutputStore, item: str) -> str:
    """Address of ``path`` in ``source``, for the item at path ``item`` of ``out``.

    Relative within one output, so that it can be moved as a whole, and between folders, which
    may be moved together; else absolute.
    """
    ours, theirs = out.address.rstrip("/"), source.address.rstrip("/")
    if ours == theirs:
        return compute_relative(path, item)
    if "://" in theirs:
        return join_address(theirs, path)
    place = Path(theirs, path).absolute()
    if "://" in ours:
        return place.as_uri()
    return Path(os.path.relpath(place, Path(ours, item).parent)).as_posix()
