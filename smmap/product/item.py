"""The STAC item of a unit: written last, it is the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import pystac
from pystac.utils import datetime_to_str

from smmap.product.extensions import find_extensions
from smmap.product.footprint import compute_footprint
from smmap.product.layers import LAYERS
from smmap.product.layout import LAYOUT, compute_relative
from smmap.product.names import compute_tile_collection_id, compute_year
from smmap.product.projection import compute_projection
from smmap.product.stored_file import StoredFile, compute_file_asset
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Block
from smmap.spec.unit import Unit
from smmap.version import PRODUCT_VERSION, __version__


@dataclass(frozen=True)
class ItemFacts:
    """What mapping a unit has found out, beside what the unit says itself."""

    gsd: float
    """Pixel size, metres; not the effective resolution."""
    status: Literal["done", "empty"]
    """``empty``: no pixel has a value, and there are no pixel assets."""
    created: datetime
    """When the item was made, UTC."""
    model: str
    """Id of the model's own item."""
    fingerprint: str
    """Of the files: of the unit's pixels, the area, what was written and what was left out."""
    files: Mapping[str, StoredFile] = field(default_factory=dict)
    """By asset name: layers, ``slice``, ``thumbnail``, ``style``, ``quality_style``."""
    lineage: str = ""
    """How it was made, in one sentence."""
    statistics: Mapping[str, float] = field(default_factory=dict)
    """Of ``sm``: minimum, maximum, mean, stddev (m3/m3), valid_percent."""
    effective_looks: float | None = None
    """Looks of a radar pixel after filtering and averaging."""
    effective_resolution_m: float | None = None
    """Distance over which filtering and averaging mix neighbours, metres."""
    incidence_deg: float | None = None
    """Incidence angle at the middle of the area, degrees."""
    provider: Mapping[str, str] = field(default_factory=dict)
    """Engine of the model: ``asked`` and ``got``."""
    skipped: tuple[str, ...] = ()
    """Scenes that could not be used, each with the reason."""
    attribution: tuple[str, ...] = ()
    """What its sources ask a product to say."""
    licences: tuple[str, ...] = ()
    """Of its sources: SPDX ids or addresses."""


def compute_item(unit: Unit, facts: ItemFacts) -> pystac.Item:
    """The item, with links relative to where the layout puts it and without a self link."""
    geometry, bbox = compute_footprint(unit.area)
    item = pystac.Item(
        id=unit.id,
        geometry=geometry,
        bbox=bbox,
        datetime=unit.overpass.datetime,
        properties=_compute_properties(unit, facts),
        collection=compute_tile_collection_id(unit.tile.key),
    )
    if facts.status == "done":
        for name, file in facts.files.items():
            fields = compute_file_asset(
                name,
                file,
                LAYOUT.item(unit),
                layers=LAYERS,
                projection=compute_projection(Block.whole(unit.tile.geobox)),
                statistics=facts.statistics,
            )
            item.add_asset(name, pystac.Asset.from_dict(fields))
    _link(item, unit, facts)
    used = [*item.properties, *(key for one in item.assets.values() for key in one.extra_fields)]
    item.stac_extensions = find_extensions(used)
    return item


def _compute_properties(unit: Unit, facts: ItemFacts) -> dict[str, Any]:
    overpass, scenes = unit.overpass, [one.properties for one in unit.overpass.items]
    is_sentinel1 = overpass.platform.startswith("sentinel-1")
    polarizations = {name for one in scenes for name in one.get("sar:polarizations", ())}
    properties = {
        **_compute_span(overpass),
        "created": datetime_to_str(facts.created),
        "platform": None if overpass.platform == "unknown" else overpass.platform,
        "constellation": "sentinel-1" if is_sentinel1 else None,
        "instruments": ["c-sar"] if is_sentinel1 else None,
        "gsd": facts.gsd,
        "sat:orbit_state": overpass.orbit_state,
        "sat:relative_orbit": overpass.relative_orbit,
        "sat:absolute_orbit": _first(scenes, "sat:absolute_orbit"),
        "sar:polarizations": sorted(polarizations, reverse=True) or None,
        "sar:instrument_mode": _first(scenes, "sar:instrument_mode"),
        "sar:frequency_band": _first(scenes, "sar:frequency_band"),
        "sar:center_frequency": _first(scenes, "sar:center_frequency"),
        "sar:observation_direction": _first(scenes, "sar:observation_direction"),
        "view:incidence_angle": facts.incidence_deg,
        "processing:level": "L4",
        "processing:software": {"smmap": __version__},
        "processing:version": PRODUCT_VERSION,
        "processing:lineage": facts.lineage or None,
        "smmap:fingerprint": facts.fingerprint,
        "smmap:inputs": unit.fingerprint,
        "smmap:parts": dict(unit.parts) or None,
        "smmap:status": facts.status,
        "smmap:effective_looks": facts.effective_looks,
        "smmap:effective_resolution_m": facts.effective_resolution_m,
        "smmap:attribution": sorted(set(facts.attribution)) or None,
        "smmap:licences": sorted(set(facts.licences)) or None,
        "smmap:skipped": list(facts.skipped),
        "smmap:provider": dict(facts.provider) or None,
    }
    return {
        key: value for key, value in properties.items() if value is not None
    } | compute_projection(unit.area)


def _compute_span(overpass: Overpass) -> dict[str, str]:
    """First start and last end of the scenes, where they say."""
    starts = [one.common_metadata.start_datetime or one.datetime for one in overpass.items]
    ends = [one.common_metadata.end_datetime or one.datetime for one in overpass.items]
    first, last = min(filter(None, starts), default=None), max(filter(None, ends), default=None)
    if first is None or last is None:
        return {}
    return {"start_datetime": datetime_to_str(first), "end_datetime": datetime_to_str(last)}


def _first(scenes: list[dict[str, Any]], key: str) -> Any:
    return next((one[key] for one in scenes if one.get(key) is not None), None)


def _link(item: pystac.Item, unit: Unit, facts: ItemFacts) -> None:
    here, tile, year = LAYOUT.item(unit), unit.tile.key, compute_year(unit.overpass)
    for rel, path in (
        ("root", LAYOUT.catalog),
        ("parent", LAYOUT.year_catalog(tile, year)),
        ("collection", LAYOUT.tile_collection(tile)),
    ):
        item.add_link(pystac.Link(rel, compute_relative(path, here), pystac.MediaType.JSON))
    for one in unit.items:
        href = one.get_self_href() or one.id
        item.add_link(pystac.Link("derived_from", href, pystac.MediaType.GEOJSON, title=one.id))
    model = compute_relative(LAYOUT.model(facts.model), here)
    item.add_link(pystac.Link("derived_from", model, pystac.MediaType.GEOJSON, title=facts.model))
