"""Collections and catalogues: indexes that any run can make again from the items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import pystac

from smmap.grid.boxes import merge_boxes
from smmap.product.assets import ZARR_MEDIA_TYPE, compute_item_assets
from smmap.product.extensions import find_extensions
from smmap.product.layers import LAYERS
from smmap.product.layout import LAYOUT, compute_relative
from smmap.product.names import compute_tile_collection_id

_SUMMARISED = (
    "platform",
    "gsd",
    "proj:code",
    "processing:level",
    "sar:polarizations",
    "sat:orbit_state",
    "sat:relative_orbit",
)
ROOT_ID = "smmap"
"""Id of an output's root catalogue, by which it is known."""
_LICENCE = "other"
"""Whoever maps decides; the sources' own terms hold beside it."""

_JSON = pystac.MediaType.JSON
_DESCRIPTION = (
    "Volumetric soil moisture of the top layer from satellite radar, one item an overpass. "
    "Maps are made by a trained model: see the item's `derived_from` links for its inputs and "
    "for the model. A pixel's size is not its resolution: see `smmap:effective_resolution_m`."
)


def compute_root_catalog(children: Sequence[str]) -> pystac.Catalog:
    """Root; ``children`` are paths of collections, relative to the output."""
    root = pystac.Catalog(ROOT_ID, "Soil-moisture maps and the models they were made with")
    _link(root, LAYOUT.catalog, None, children, "child")
    return root


def compute_product_collection(tiles: Sequence[pystac.Collection]) -> pystac.Collection:
    """The product over all tiles, from the tiles' collections (at least one)."""
    boxes = [one.extent.spatial.bboxes[0] for one in tiles]
    spans = [moment for one in tiles for moment in one.extent.temporal.intervals[0] if moment]
    summaries = _merge(one.summaries.to_dict() for one in tiles)
    collection = _make(LAYOUT.product, "Soil moisture", boxes, spans, summaries)
    paths = [LAYOUT.tile_collection(str(one.extra_fields["smmap:tile"])) for one in tiles]
    _link(collection, LAYOUT.product_collection, LAYOUT.catalog, paths, "child")
    return collection


def compute_tile_collection(
    tile: str,
    items: Sequence[pystac.Item],
    cubes: Mapping[str, str],
) -> pystac.Collection:
    """One tile, from its items (at least one).

    Parameters
    ----------
    tile
        Tile id.
    items
        All its items.
    cubes
        Segment (calendar year) -> path of the cube's present generation, relative to the output.
    """
    boxes = [one.bbox for one in items if one.bbox]
    spans = [one.datetime for one in items if one.datetime]
    summaries = _merge(
        {key: one.properties[key] for key in _SUMMARISED if key in one.properties} for one in items
    )
    title = f"Soil moisture, tile {tile}"
    collection = _make(compute_tile_collection_id(tile), title, boxes, spans, summaries)
    collection.extra_fields["smmap:tile"] = tile
    here = LAYOUT.tile_collection(tile)
    for segment, path in sorted(cubes.items()):
        collection.add_asset(
            f"cube-{segment}",
            pystac.Asset(
                compute_relative(path, here),
                title=f"Cube of {segment}",
                media_type=ZARR_MEDIA_TYPE,
                roles=["data"],
            ),
        )
    years = sorted({moment.astimezone(UTC).year for moment in spans})
    catalogs = [LAYOUT.year_catalog(tile, year) for year in years]
    _link(collection, here, LAYOUT.product_collection, catalogs, "child")
    return collection


def compute_year_catalog(tile: str, year: int, items: Sequence[str]) -> pystac.Catalog:
    """One tile's calendar year; ``items`` are ids."""
    here = LAYOUT.year_catalog(tile, year)
    catalog = pystac.Catalog(f"{compute_tile_collection_id(tile)}-{year}", f"Tile {tile}, {year}")
    paths = [f"{LAYOUT.product}/{tile}/{year}/{one}/{one}.json" for one in sorted(items)]
    _link(catalog, here, LAYOUT.tile_collection(tile), paths, "item")
    return catalog


def compute_model_collection(models: Sequence[pystac.Item]) -> pystac.Collection:
    """The models that were used, from their items (at least one)."""
    spans = [one.datetime for one in models if one.datetime]
    collection = pystac.Collection(
        "models",
        "Models that the maps were made with",
        pystac.Extent(
            pystac.SpatialExtent([[-180.0, -90.0, 180.0, 90.0]]),
            pystac.TemporalExtent([[min(spans), max(spans)]]),
        ),
        title="Models",
        license=_LICENCE,
    )
    paths = [LAYOUT.model(one.id) for one in models]
    _link(collection, LAYOUT.models, LAYOUT.catalog, paths, "item")
    return collection


def _make(
    identifier: str,
    title: str,
    boxes: Sequence[Sequence[float]],
    spans: Sequence[datetime],
    summaries: dict[str, Any],
) -> pystac.Collection:
    assets = compute_item_assets(LAYERS)
    used = [*summaries, *chain.from_iterable(assets.values())]
    return pystac.Collection(
        identifier,
        _DESCRIPTION,
        pystac.Extent(
            pystac.SpatialExtent([list(merge_boxes((w, s, e, n) for w, s, e, n in boxes))]),
            pystac.TemporalExtent([[min(spans), max(spans)]]),
        ),
        title=title,
        license=_LICENCE,
        keywords=["soil moisture", "Sentinel-1"],
        summaries=pystac.Summaries(summaries),
        stac_extensions=find_extensions(used),
        extra_fields={"item_assets": assets},
    )


def _merge(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Every value of every key once, sorted."""
    found: dict[str, set[Any]] = {}
    for row in rows:
        for key, value in row.items():
            found.setdefault(key, set()).update(value if isinstance(value, list) else [value])
    return {key: sorted(values) for key, values in sorted(found.items())}


def _link(
    one: pystac.Catalog, here: str, parent: str | None, targets: Sequence[str], rel: str
) -> None:
    one.clear_links()
    one.add_link(pystac.Link("root", compute_relative(LAYOUT.catalog, here), _JSON))
    if parent is not None:
        one.add_link(pystac.Link("parent", compute_relative(parent, here), _JSON))
    media_type = pystac.MediaType.GEOJSON if rel == "item" else _JSON
    for target in targets:
        one.add_link(pystac.Link(rel, compute_relative(target, here), media_type))
