"""What decides a unit's pixels, as one digest; and what decides its files, as another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import pystac

from smmap.catalog.candidate import mark_version
from smmap.pipeline.context import Context
from smmap.spec.card import ModelCard
from smmap.spec.definition import Definition
from smmap.spec.input_list import FeatureSet
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Tile
from smmap.spec.unit import Earlier, Unit, compute_fingerprint
from smmap.stack.radar import is_filtered
from smmap.version import PRODUCT_VERSION

_OF_MODEL = {"inputs", "members", "missing", "radiometry", "aggregation", "output", "domain"}
_OF_SOME = {"planck", "nodata_of", "accumulated"}
"""As of ``_OF_BAND``, of bands that have them."""
_OF_BAND = {"units", "scale", "offset", "nodata", "index", "resampling"}


class Fingerprints:
    """Fingerprints of all units of one context: what they share is described once."""

    def __init__(self, context: Context) -> None:
        definitions = sorted(context.definitions.items())
        self._shared = {
            "product": _encode(PRODUCT_VERSION),
            "model": _encode(_describe_model(context.feature_set)),
            "recipe": _encode(_describe_recipe(context)),
            "sources": _encode(
                {key: _describe_source(one, context.list_bands(key)) for key, one in definitions}
            ),
        }
        # Of what does not change in time the first that has a value counts: the order decides.
        self._ordered = {key for key, one in definitions if one.static}
        self._tiles: dict[str, str] = {}
        self._marks = {key: _shorten(text) for key, text in self._shared.items()}

    def mark(self, overpass: Overpass, inputs: Mapping[str, Iterable[pystac.Item]]) -> str:
        """Digest over an overpass of a history: its scenes that change in time, with versions."""
        scenes = {
            key: _encode_scenes(items, ordered=False)
            for key, items in {"overpass": overpass.items, **inputs}.items()
            if key not in self._ordered
        }
        return hashlib.sha256(_join(scenes).encode()).hexdigest()

    def compute(
        self,
        tile: Tile,
        overpass: Overpass,
        inputs: Mapping[str, Iterable[pystac.Item]],
        history: Sequence[Earlier] = (),
    ) -> tuple[str, dict[str, str]]:
        """Digest over all that decides the value of a unit's pixels, and digests of its parts.

        Product version, model, candidate scenes with their versions (never addresses), the
        recipe's choices that take effect, and what the definitions say of the bands in use. The
        area is not in it: a pixel's value does not depend on how much of the tile is mapped.

        Returns
        -------
        str
            `smmap.spec.unit.compute_fingerprint` of it all, put together from pieces that are
            encoded already.
        dict of str to str
            Shorter digests of ``product``, ``model``, ``recipe``, ``sources``, ``tile`` and of
            each kind of input: they tell what has changed between two fingerprints.
        """
        scenes = {
            key: _encode_scenes(items, ordered=key in self._ordered)
            for key, items in {"overpass": overpass.items, **inputs}.items()
        }
        if history:
            scenes["history"] = _encode([[one.overpass.id, one.mark] for one in history])
        if tile.key not in self._tiles:
            self._tiles[tile.key] = _describe_tile(tile)
        of_tile = self._tiles[tile.key]
        parts = self._shared | {
            "inputs": _join(scenes),
            "overpass": _encode(overpass.id),
            "tile": of_tile,
        }
        fingerprint = hashlib.sha256(_join(parts).encode()).hexdigest()
        marks = {key: _shorten(text) for key, text in scenes.items()}
        return fingerprint, self._marks | marks | {"tile": _shorten(of_tile)}


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


def _encode(content: Any) -> str:
    """Canonical JSON, as `smmap.spec.unit.compute_fingerprint` writes it."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _join(members: Mapping[str, str]) -> str:
    """The object of members that are encoded already; names are plain."""
    inner = ",".join(f'"{key}":{members[key]}' for key in sorted(members))
    return f"{{{inner}}}"


def _shorten(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _encode_scenes(items: Iterable[pystac.Item], *, ordered: bool) -> str:
    versions = [(item.id, mark_version(item)) for item in items]
    versions = versions if ordered else sorted(versions)
    return f"[{','.join(_encode_version(*one) for one in versions)}]"


@lru_cache(maxsize=1 << 18)
def _encode_version(name: str, version: str) -> str:
    return _encode([name, version])


def _describe_tile(tile: Tile) -> str:
    affine = tile.geobox.affine
    return _encode([tile.key, str(tile.geobox.crs), *tuple(affine)[:6], *tile.geobox.shape])


def _describe_model(card: FeatureSet) -> dict[str, Any]:
    """What of a card decides pixels; what most inputs do without has no part in it."""
    described = card.model_dump(mode="json", include=_OF_MODEL)
    for column in described["inputs"]:
        for key in ("source", "join"):
            if column[key] is None:
                del column[key]
    if card.windows is not None:
        described["windows"] = card.windows.model_dump(mode="json")
    if isinstance(card, ModelCard) and card.history is not None:
        described["history"] = card.history.model_dump(mode="json")
    if isinstance(card, ModelCard) and card.quality:
        described["quality"] = [one.model_dump(mode="json") for one in card.quality]
    return described


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
    if "sentinel2" in context.definitions or "landsat" in context.definitions:
        described["optical"] = recipe.optical.model_dump(mode="json", exclude={"max_cloud_cover"})
    if "dem" in context.definitions:
        described["slope_flag_deg"] = recipe.slope_flag_deg
    if "era5_land" in context.definitions:
        described["frost"] = recipe.frost.model_dump(mode="json")
    return described


def _describe_source(definition: Definition, bands: Iterable[str]) -> dict[str, Any]:
    """What a definition says of the bands in use, without names, licences and other sources."""
    rules = {"radiometry", "classes", "offset_rule", "looks", "cell"}
    described = definition.model_dump(mode="json", include=rules) | {
        "bands": {
            name: definition.bands[name].model_dump(mode="json", include=_OF_BAND)
            | definition.bands[name].model_dump(mode="json", include=_OF_SOME, exclude_unset=True)
            for name in sorted(bands)
        }
    }
    # What most definitions do without has no part in their fingerprints.
    masks = {"valid", "water", "snow", "surfaces"}
    return described | definition.model_dump(mode="json", include=masks, exclude_unset=True)
