"""Where the pixels of an asset lie, as far as its item says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pystac

from smmap.catalog.archive_item import STEPS
from smmap.catalog.footprint import read_crs
from smmap.grid.earth_engine import name_for_proj
from smmap.spec.band import Band
from smmap.spec.definition import Definition
from smmap.spec.errors import SceneError


def find_place(asset: pystac.Asset, item: pystac.Item, definition: Definition) -> dict[str, Any]:
    """What a `Band` says of it: ``crs``, and of Earth Engine's images ``transform`` and ``shape``.

    Files say the rest themselves.

    Raises
    ------
    SceneError
        If such an image has no pixel grid of its own.
    """
    fields = asset.extra_fields
    crs = read_crs(fields) or read_crs(item.properties)
    if definition.kind != "earth-engine":
        return {"crs": crs}
    crs = crs or fields.get("proj:wkt2")
    if crs is None or "proj:transform" not in fields or "proj:shape" not in fields:
        raise SceneError(f"item {item.id}: {asset.href} has no pixel grid of its own; leave it out")
    return {
        "crs": name_for_proj(crs),
        "transform": tuple(fields["proj:transform"]),
        "shape": tuple(fields["proj:shape"]),
    }


def count_steps(item: pystac.Item, key: str) -> int | None:
    """How many steps in time an archive had of a variable when it was looked up."""
    counted = item.properties.get(STEPS)
    found = counted.get(key) if isinstance(counted, dict) else None
    return found if isinstance(found, int) else None


def note_together(bands: Mapping[str, Band]) -> dict[str, Band]:
    """The bands, those of one Earth Engine image and grid told of each other."""
    groups: dict[tuple[Any, ...], dict[str, None]] = defaultdict(dict)
    for band in bands.values():
        if band.reader == "earth-engine" and band.variable:
            groups[_name_pixels(band)][band.variable] = None
    return {
        name: replace(band, together=tuple(groups.get(_name_pixels(band), ())))
        for name, band in bands.items()
    }


def _name_pixels(band: Band) -> tuple[Any, ...]:
    return band.href, band.crs, band.transform, band.shape
