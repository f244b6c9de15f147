"""What decides a unit's pixels, as one digest; and what decides its files, as another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import pystac

from smmap.pipeline.context import Context
from smmap.spec.definition import Definition
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Tile
from smmap.spec.unit import Unit, compute_fingerprint
from smmap.stack.radar import is_filtered
from smmap.version import PRODUCT_VERSION

_OF_MODEL = {"inputs", "members", "missing", "radiometry", "aggregation", "output", "domain"}
_OF_BAND = {"units", "scale", "offset", "nodata", "index", "resampling"}


def compute_unit_fingerprint(
    tile: Tile,
    overpass: Overpass,
    inputs: Mapping[str, Iterable[pystac.Item]],
    context: Context,
) -> str:
    """Digest over all that decides the value of a unit's pixels.

    Product version, model, candidate scenes with their versions (never addresses), the recipe's
    choices that take effect, and what the definitions say of the bands in use. The area is not
    in it: a pixel's value does not depend on how much of the tile is mapped.
    """
    affine = tile.geobox.affine
    return compute_fingerprint(
        {
            "product": PRODUCT_VERSION,
            "tile": [tile.key, str(tile.geobox.crs), *tuple(affine)[:6], *tile.geobox.shape],
            "overpass": overpass.id,
            "inputs": {
                key: sorted([item.id, mark_version(item)] for item in items)
                for key, items in {"overpass": overpass.items, **inputs}.items()
            },
            "model": context.card.model_dump(mode="json", include=_OF_MODEL),
            "recipe": _describe_recipe(context),
            "sources": {
                key: _describe_source(one, context.list_bands(key))
                for key, one in sorted(context.definitions.items())
            },
        }
    )


def compute_files_fingerprint(
    unit: Unit, files: Iterable[str], left_out: Iterable[str], content: str | None = None
) -> str:
    """Digest over all that decides the bytes of a unit's files; its first 8 name their folder.

    Parameters
    ----------
    files
        Kinds of files that are written.
    left_out
        Ids of candidate scenes that could not be used.
    content
        Digest of the pixels themselves, where they are mapped again although nothing that is
        known of their inputs has changed.
    """
    area = unit.area
    window = [area.row, area.col, area.height, area.width]
    named = {"content": content} if content else {}
    return compute_fingerprint(
        {
            "unit": unit.fingerprint,
            "area": window,
            "files": sorted(files),
            "left_out": sorted(left_out),
        }
        | named
    )


def mark_version(item: pystac.Item) -> str:
    """What tells one version of a scene from another: ``updated``, else its checksums, else all.

    Addresses never count: the same scene elsewhere is the same scene.
    """
    if item.properties.get("updated"):
        return str(item.properties["updated"])
    assets = {
        key: {name: value for name, value in asset.to_dict().items() if name != "href"}
        for key, asset in item.assets.items()
    }
    checksums = {key: one["file:checksum"] for key, one in assets.items() if "file:checksum" in one}
    content: Any = checksums or [item.properties, item.geometry, assets]
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _describe_recipe(context: Context) -> dict[str, Any]:
    """The recipe's choices that take effect with these sources on this grid."""
    recipe = context.recipe
    radar = recipe.radar.model_dump(mode="json", exclude={"despeckle"})
    filtered = is_filtered(context.radar_grid, context.definitions["sentinel1"], recipe.radar)
    despeckle = recipe.radar.despeckle
    unused = set() if despeckle.method == "quegan" else {"days"}
    described = {
        "factor": context.factor,
        "min_weight": recipe.min_weight,
        "radar": radar,
        "despeckle": despeckle.model_dump(mode="json", exclude=unused) if filtered else None,
    }
    if "sentinel2" in context.definitions:
        described["optical"] = recipe.optical.model_dump(mode="json", exclude={"max_cloud_cover"})
    if "dem" in context.definitions:
        described["slope_flag_deg"] = recipe.slope_flag_deg
    return described


def _describe_source(definition: Definition, bands: Iterable[str]) -> dict[str, Any]:
    """What a definition says of the bands in use, without names, licences and other sources."""
    rules = {"radiometry", "classes", "offset_rule", "looks", "cell"}
    return definition.model_dump(mode="json", include=rules) | {
        "bands": {
            name: definition.bands[name].model_dump(mode="json", include=_OF_BAND)
            for name in sorted(bands)
        }
    }
