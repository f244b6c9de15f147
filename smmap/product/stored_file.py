"""A finished file, and the asset by which its item points to it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smmap.product.assets import compute_asset
from smmap.product.checksum import encode_multihash
from smmap.product.layout import compute_relative
from smmap.spec.band import Layer


@dataclass(frozen=True)
class StoredFile:
    """A finished file of a unit."""

    path: str
    """Relative to the output folder."""
    sha256: str | None = None
    """Checksum, hex; None for folders."""
    size: int | None = None
    """Bytes; None for folders."""


def compute_file_asset(
    name: str,
    file: StoredFile,
    item: str,
    *,
    layers: tuple[Layer, ...],
    projection: Mapping[str, Any],
    statistics: Mapping[str, float],
) -> dict[str, Any]:
    """Fields of the asset ``name`` in the item at path ``item``.

    Parameters
    ----------
    name
        A layer's, ``slice``, ``thumbnail``, ``style`` or ``quality_style``.
    file
        Where it is.
    item
        Path of the item, relative to the output.
    layers
        Of the product's level.
    projection
        Of the whole tile or canvas: a slice has its shape, images have the item's.
    statistics
        Of ``sm``.
    """
    fields = compute_asset(name, layers)
    fields["href"] = f"./{compute_relative(file.path, item)}"
    if file.sha256 is not None:
        fields["file:checksum"] = encode_multihash(file.sha256)
    if file.size is not None:
        fields["file:size"] = file.size
    if name == "slice":
        fields |= projection
    if name == "sm" and statistics:
        fields["statistics"] = dict(statistics)
    return fields


def find_file(document: Mapping[str, Any], item: str, name: str) -> str | None:
    """Path of the asset ``name``, relative to the output, of the item read from path ``item``."""
    asset = document["assets"].get(name)
    return asset and posixpath.normpath(f"{posixpath.dirname(item)}/{asset['href']}")
