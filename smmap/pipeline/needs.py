"""What a recipe asks of each of its sources: for the model, and for the quality bits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import cast

from smmap.features.builder import (
    compute_requests,
    compute_required_layers,
    compute_welcome_requests,
)
from smmap.features.request import REFLECTANCES, TERRAIN, Request
from smmap.spec.card import ModelCard
from smmap.spec.definition import Definition
from smmap.spec.errors import ConfigError
from smmap.spec.input_list import FeatureSet
from smmap.spec.join import DayMean, Join, Nearest
from smmap.spec.recipe import Recipe
from smmap.spec.source import FIELDS, OPTICAL, SourceKey

_FOR_FLAGS = frozenset(("red", "nir"))
"""NDVI decides the dense-vegetation bit whatever the model uses."""
_HOUR_AND_HALF = 1.5 / 24
SOIL_TEMPERATURE = Request(
    "era5_land",
    "soil_temperature",
    Nearest(rule="nearest", days_before=_HOUR_AND_HALF, days_after=_HOUR_AND_HALF),
)
"""At the hour of the overpass: whether the ground is frozen."""
SNOW_DEPTH = Request("era5_land", "snow_depth", DayMean(rule="day-mean"))
"""Over the day: whether it is under snow."""
FROST = (SOIL_TEMPERATURE, SNOW_DEPTH)
ALWAYS = ("sentinel1", "sentinel2", "dem", "land_cover")
"""Sources of quality bits, used wherever a recipe names them."""


def choose_requests(
    card: FeatureSet, definitions: Mapping[str, Definition]
) -> dict[str, tuple[Request, ...]]:
    """By source: what is asked for by name, frost included where a definition tells of it.

    Raises
    ------
    ConfigError
        If the recipe names no definition of a source that the model needs.
    """
    found: dict[str, list[Request]] = {}
    for request in compute_requests(card):
        found.setdefault(request.source, []).append(request)
    if "era5_land" in definitions:
        told = [one for one in FROST if one.band in definitions["era5_land"].bands]
        asked = found.setdefault("era5_land", [])
        asked += [one for one in told if one not in asked]
    for request in compute_welcome_requests(card):
        served = definitions.get(request.source)
        if served and request.band in served.bands:
            asked = found.setdefault(request.source, [])
            asked += [request] if request not in asked else []
    for key, requests in found.items():
        if key not in definitions:
            raise ConfigError(
                f"model '{card.name}' needs {', '.join(sorted({one.band for one in requests}))}: "
                f"name a definition under sources.{key}"
            )
        for one in requests:
            _check_join(one, definitions[key], card)
    return {key: tuple(requests) for key, requests in found.items()}


def _check_join(request: Request, definition: Definition, card: FeatureSet) -> None:
    if request.source in FIELDS and request.join is None and not definition.static:
        raise ConfigError(
            f"model '{card.name}': '{request.band}' of {request.source} changes with time; its "
            "input must name a 'join'"
        )


def choose_bands(
    card: FeatureSet,
    definitions: Mapping[str, Definition],
    requests: Mapping[str, tuple[Request, ...]],
) -> dict[str, tuple[str, ...]]:
    """Bands that every scene of a source must have; what nobody gives is an error.

    Raises
    ------
    ConfigError
        If a definition is missing, or has no such band.
    """
    layers = compute_required_layers(card)
    needs: dict[str, set[str]] = {
        "sentinel1": {"vv"} | ({"vh"} if "sigma0_vh" in layers else set()),
        **{key: set(find_plain_bands(key, card, definitions)) for key in OPTICAL},
        "dem": {"elevation"} if layers & TERRAIN or "dem" in definitions else set(),
    }
    for key, asked in requests.items():
        needs.setdefault(key, set()).update(one.band for one in asked)
    if "land_cover" in definitions:
        needs["land_cover"] = {"land_cover"}
    for key, bands in needs.items():
        if bands and key not in definitions:
            raise ConfigError(
                f"model '{card.name}' needs {', '.join(sorted(bands))}: name a definition under "
                f"sources.{key}"
            )
        missing = sorted(bands - set(definitions[key].bands)) if key in definitions else []
        if missing:
            raise ConfigError(
                f"model '{card.name}' needs {', '.join(missing)}, which definition "
                f"'{definitions[key].id}' does not have; it has {', '.join(definitions[key].bands)}"
            )
    return {key: tuple(sorted(needs.get(key, ()))) for key in definitions}


def find_flag_source(definitions: Mapping[str, Definition]) -> SourceKey | None:
    """Whose scenes tell of plants, water and snow: Sentinel-2's, else Landsat's, else nobody's."""
    return next((key for key in OPTICAL if key in definitions), None)


def find_plain_bands(
    source: str, card: FeatureSet, definitions: Mapping[str, Definition]
) -> frozenset[str]:
    """Bands of an optical source that are joined as the recipe says, and have their plain names.

    Those that the model needs are Sentinel-2's, those of the quality bits of `find_flag_source`.
    """
    needed = compute_required_layers(card) & REFLECTANCES if source == "sentinel2" else frozenset()
    return needed | (_FOR_FLAGS if source == find_flag_source(definitions) else frozenset())


def is_required(source: str, card: FeatureSet, requests: Mapping[str, tuple[Request, ...]]) -> bool:
    """Whether the model can do nothing without a scene of that source."""
    needed = compute_required_layers(card)
    of_source = {"sentinel2": REFLECTANCES, "dem": TERRAIN}.get(source, frozenset())
    asked = {one.name for one in requests.get(source, ())}
    return source == "sentinel1" or bool(needed & (of_source | asked))


def compute_look_back(card: FeatureSet) -> timedelta:
    """How far before an overpass the model takes earlier ones."""
    history = card.history if isinstance(card, ModelCard) else None
    return timedelta(days=history.days if history else 0)


def compute_reach(
    source: str, requests: Mapping[str, tuple[Request, ...]], recipe: Recipe, *, plain: bool
) -> tuple[timedelta, timedelta]:
    """How far before and after an overpass a source's scenes may be.

    ``plain``: True where some of its bands are joined as the recipe says.
    """
    joins: list[Join] = [
        one.join or recipe.optical.rule
        for one in requests.get(source, ())
        if one.join is not None or cast("SourceKey", source) in OPTICAL
    ]
    if plain:
        joins.append(recipe.optical.rule)
    reaches = [one.reach for one in joins] or [(timedelta(0), timedelta(0))]
    return max(one[0] for one in reaches), max(one[1] for one in reaches)
