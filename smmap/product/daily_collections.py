"""Collections and catalogues of the daily level: indexes, made again from the items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import pystac

from smmap.grid.boxes import merge_boxes
from smmap.product.assets import ZARR_MEDIA_TYPE, compute_item_assets
from smmap.product.daily_layers import DAILY_LAYERS
from smmap.product.daily_layout import DAILY, get_daily_collection, get_daily_year
from smmap.product.extensions import find_extensions
from smmap.product.layout import LAYOUT, compute_relative

_JSON = pystac.MediaType.JSON
_DESCRIPTION = (
    "Volumetric soil moisture of the top layer, one item a calendar day (UTC), merged from all "
    "overpasses of the day by the rule that the items name; see their `derived_from` links."
)


def compute_daily_level(series: Sequence[pystac.Collection]) -> pystac.Collection:
    """The whole daily level, from its series (at least one)."""
    boxes = [one.extent.spatial.bboxes[0] for one in series]
    spans = [moment for one in series for moment in one.extent.temporal.intervals[0] if moment]
    level = _make(DAILY, "Daily soil moisture", boxes, spans)
    paths = [get_daily_collection(str(one.extra_fields["smmap:series"])) for one in series]
    _link(level, get_daily_collection(), LAYOUT.catalog, paths, "child")
    return level


def compute_series_collection(
    series: str, items: Sequence[pystac.Item], cubes: Mapping[int, str], grid: Mapping[str, Any]
) -> pystac.Collection:
    """One mosaic: a canvas and a rule.

    Parameters
    ----------
    series
        ``ease2-1km/globe/nearest``.
    items
        All its items (at least one).
    cubes
        Calendar year -> path of the cube's present generation, relative to the output.
    grid
        Its pixels: ``crs``, ``transform``, ``shape``.
    """
    boxes = [one.bbox for one in items if one.bbox]
    spans = [one.datetime for one in items if one.datetime]
    title = f"Daily soil moisture, {series.replace('/', ', ')}"
    collection = _make(series.replace("/", "-"), title, boxes, spans)
    collection.extra_fields |= {"smmap:series": series, "smmap:grid": dict(grid)}
    here = get_daily_collection(series)
    for year, path in sorted(cubes.items()):
        href, name = compute_relative(path, here), f"Cube of {year}"
        collection.add_asset(
            f"daily-{year}",
            pystac.Asset(href, title=name, media_type=ZARR_MEDIA_TYPE, roles=["data"]),
        )
    years = [get_daily_year(series, year) for year in sorted({moment.year for moment in spans})]
    _link(collection, here, get_daily_collection(), years, "child")
    return collection


def compute_daily_year(series: str, year: int, items: Sequence[str]) -> pystac.Catalog:
    """A series' calendar year; ``items`` are paths, relative to the output."""
    identifier = f"{series.replace('/', '-')}-{year}"
    catalog = pystac.Catalog(identifier, f"{series}, {year}")
    here = get_daily_year(series, year)
    _link(catalog, here, get_daily_collection(series), sorted(items), "item")
    return catalog


def _make(
    identifier: str, title: str, boxes: Sequence[Sequence[float]], spans: Sequence[datetime]
) -> pystac.Collection:
    assets = compute_item_assets(DAILY_LAYERS)
    return pystac.Collection(
        identifier,
        _DESCRIPTION,
        pystac.Extent(
            pystac.SpatialExtent([list(merge_boxes((w, s, e, n) for w, s, e, n in boxes))]),
            pystac.TemporalExtent([[min(spans), max(spans)]]),
        ),
        title=title,
        license="other",
        keywords=["soil moisture", "Sentinel-1", "daily"],
        stac_extensions=find_extensions(chain.from_iterable(assets.values())),
        extra_fields={"item_assets": assets},
    )


def _link(one: pystac.Catalog, here: str, parent: str, targets: Sequence[str], rel: str) -> None:
    one.clear_links()
    one.add_link(pystac.Link("root", compute_relative(LAYOUT.catalog, here), _JSON))
    one.add_link(pystac.Link("parent", compute_relative(parent, here), _JSON))
    media_type = pystac.MediaType.GEOJSON if rel == "item" else _JSON
    for target in targets:
        one.add_link(pystac.Link(rel, compute_relative(target, here), media_type))
