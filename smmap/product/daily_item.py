"""The STAC item of a day: written last, it is the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Literal

import pystac
from pystac.utils import datetime_to_str

from smmap.product.daily_layers import DAILY_LAYERS
from smmap.product.daily_layout import DayUnit, get_daily_collection, get_daily_year
from smmap.product.extensions import find_extensions
from smmap.product.footprint import compute_footprint
from smmap.product.layout import LAYOUT, compute_relative
from smmap.product.projection import compute_projection
from smmap.product.stored_file import StoredFile, compute_file_asset
from smmap.spec.tile import Block
from smmap.version import PRODUCT_VERSION, __version__

_LAST_INSTANT = timedelta(days=1) - timedelta(seconds=1)


@dataclass(frozen=True)
class DayFacts:
    """What merging a day has found out, beside what the unit says itself."""

    gsd: float
    """Pixel size, metres."""
    status: Literal["done", "empty"]
    """``empty``: no pixel has a value, and there are no pixel assets."""
    created: datetime
    """When the item was made, UTC."""
    fingerprint: str
    """Of the files."""
    lineage: str
    """How it was made, in one sentence."""
    sources: Sequence[tuple[str, str]]
    """Id and address of every overpass's item that it was made from."""
    files: Mapping[str, StoredFile] = field(default_factory=dict)
    """By asset name: layers, ``slice``, ``thumbnail``, ``style``, ``quality_style``."""
    statistics: Mapping[str, float] = field(default_factory=dict)
    """Of ``sm``, by the names that STAC has for them."""
    attribution: Sequence[str] = ()
    """What its sources ask a product to say."""


def compute_day_item(unit: DayUnit, facts: DayFacts) -> pystac.Item:
    """The item, with links relative to where the layout puts it and without a self link."""
    geometry, bbox = compute_footprint(unit.area)
    start = datetime.combine(unit.day, time(), UTC)
    item = pystac.Item(
        id=unit.id,
        geometry=geometry,
        bbox=bbox,
        datetime=start,
        properties={
            "start_datetime": datetime_to_str(start),
            "end_datetime": datetime_to_str(start + _LAST_INSTANT),
            "created": datetime_to_str(facts.created),
            "gsd": facts.gsd,
            "processing:level": "L4",
            "processing:software": {"smmap": __version__},
            "processing:version": PRODUCT_VERSION,
            "processing:lineage": facts.lineage,
            "smmap:fingerprint": facts.fingerprint,
            "smmap:inputs": unit.fingerprint,
            "smmap:status": facts.status,
            "smmap:merge_rule": unit.rule,
            **({"smmap:attribution": sorted(set(facts.attribution))} if facts.attribution else {}),
            **compute_projection(unit.area),
        },
        collection=unit.series.replace("/", "-"),
    )
    for name, file in facts.files.items():
        fields = compute_file_asset(
            name,
            file,
            unit.item,
            layers=DAILY_LAYERS,
            projection=compute_projection(Block.whole(unit.canvas.geobox)),
            statistics=facts.statistics,
        )
        item.add_asset(name, pystac.Asset.from_dict(fields))
    _link(item, unit, facts)
    used = [*item.properties, *(key for one in item.assets.values() for key in one.extra_fields)]
    item.stac_extensions = find_extensions(used)
    return item


def _link(item: pystac.Item, unit: DayUnit, facts: DayFacts) -> None:
    for rel, path in (
        ("root", LAYOUT.catalog),
        ("parent", get_daily_year(unit.series, unit.day.year)),
        ("collection", get_daily_collection(unit.series)),
    ):
        item.add_link(pystac.Link(rel, compute_relative(path, unit.item), pystac.MediaType.JSON))
    for title, href in facts.sources:
        item.add_link(pystac.Link("derived_from", href, pystac.MediaType.GEOJSON, title=title))
