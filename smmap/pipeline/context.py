"""What a run needs besides its tasks: opened once, shared by all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from smmap.catalog.definitions import load_definition
from smmap.features.builder import compute_required_layers
from smmap.features.optical import ReflectanceBand
from smmap.features.radiometry import check_radiometry, get_meaning
from smmap.features.registry import get_feature
from smmap.grid.area import compute_working_factor
from smmap.grid.named import Grid, get_grid
from smmap.model.package import find_package, load_card
from smmap.spec.card import ModelCard, RadarMeaning
from smmap.spec.definition import Definition
from smmap.spec.errors import ConfigError, SceneError
from smmap.spec.recipe import Recipe
from smmap.stack.radar import RadarGrid
from smmap.store.network import use_network

REFLECTANCES = frozenset(get_args(ReflectanceBand))
"""Layers that an optical scene gives."""
TERRAIN = frozenset(("elevation", "slope_deg", "aspect_deg"))
"""Layers that an elevation model gives."""
WELCOME = ("vh", "incidence")
"""Bands that are read where a scene has them."""
_FOR_FLAGS = frozenset(("red", "nir"))
"""NDVI decides the dense-vegetation bit whatever the model uses."""


@dataclass(frozen=True)
class Context:
    """A recipe with everything it names looked up; no scene has been searched or read."""

    recipe: Recipe
    """As validated."""
    grid: Grid
    """Its grid."""
    package: Path
    """The model package's folder."""
    card: ModelCard
    """The model's card."""
    definitions: Mapping[str, Definition]
    """By source key: ``sentinel1``, ``sentinel2``, ``dem``."""
    bands: Mapping[str, tuple[str, ...]]
    """Bands that every scene of a source must have."""
    radar_grid: RadarGrid
    """Working pixels under the tile's pixels."""
    radar_meaning: RadarMeaning
    """What the radar inputs mean once they are converted."""

    @property
    def factor(self) -> int:
        """Working pixels along a tile pixel's side."""
        return self.radar_grid.factor

    @property
    def block_size(self) -> int:
        """Tile pixels along a block's side."""
        return max(1, self.recipe.block // self.factor)

    def list_bands(self, source: str) -> list[str]:
        """Bands of a source that are in use: needed ones, and those that are welcome if served."""
        definition = self.definitions[source]
        welcome = [name for name in WELCOME if name in definition.bands]
        return sorted({*self.bands[source], *definition.flag_bands, *welcome})

    def requires(self, source: str) -> bool:
        """Whether the model can do nothing without a scene of that source."""
        needed = compute_required_layers(self.card)
        of_source = {"sentinel2": REFLECTANCES, "dem": TERRAIN}
        return source == "sentinel1" or bool(needed & of_source[source])


def open_context(recipe: Recipe) -> Context:
    """Look up the grid, the model's card and the definitions, and check that they fit together.

    From here on this process uses the network as the recipe says.

    Raises
    ------
    ConfigError, GridError, ModelError
        If something is missing or the model needs what no source gives.
    """
    use_network(offline=recipe.offline, cache=recipe.cache)
    package = find_package(recipe.model)
    if package.is_file():
        raise ConfigError(
            f"model {package} is a bare ONNX file: to map with it, put it into a folder with a "
            "card.yaml that says how its inputs are made"
        )
    card = load_card(package)
    definitions = {
        key: load_definition(name)
        for key, name in recipe.sources.model_dump().items()
        if name is not None
    }
    for key, sensor in (("sentinel1", "sentinel-1"), ("sentinel2", "sentinel-2"), ("dem", "dem")):
        if key in definitions and definitions[key].sensor != sensor:
            raise ConfigError(
                f"sources.{key}: definition '{definitions[key].id}' is for "
                f"{definitions[key].sensor}, not {sensor}"
            )
    grid = get_grid(recipe.grid)
    radar = definitions["sentinel1"]
    meaning = _check_radar(radar, card)
    _check_reflectance(definitions, card)
    finest = min(one.resolution for key, one in definitions.items() if key != "dem")
    factor = compute_working_factor(grid.resolution_m, finest)
    return Context(
        recipe=recipe,
        grid=grid,
        package=package,
        card=card,
        definitions=definitions,
        bands=_choose_bands(card, definitions),
        radar_grid=RadarGrid(factor, grid.resolution_m / factor),
        radar_meaning=meaning,
    )


def _check_radar(definition: Definition, card: ModelCard) -> RadarMeaning:
    if definition.radiometry is None:
        raise ConfigError(f"definition '{definition.id}' states no radiometry")
    meaning = get_meaning(definition.radiometry)
    try:
        check_radiometry(meaning, card)
    except SceneError as error:
        reason = str(error)
    else:
        return meaning
    raise ConfigError(reason)


def _check_reflectance(definitions: Mapping[str, Definition], card: ModelCard) -> None:
    """Refuse reflectance that a model was not fitted on; NDVI for the flags may be of either."""
    for column in card.inputs:
        key = column.source or "sentinel2"
        layers = get_feature(column, f"model '{card.name}'").layers
        if key not in definitions or not layers & REFLECTANCES:
            continue
        given = definitions[key].reflectance or "surface"
        if given != card.reflectance:
            raise ConfigError(
                f"sources.{key}: definition '{definitions[key].id}' gives {given} reflectance, "
                f"model '{card.name}' was fitted on {card.reflectance} (input '{column.name}'): "
                "choose a definition that gives it, or another model"
            )


def _choose_bands(
    card: ModelCard, definitions: Mapping[str, Definition]
) -> dict[str, tuple[str, ...]]:
    """Bands a scene must have, by source; what a model needs and nobody gives is an error."""
    layers = compute_required_layers(card)
    optical = (layers & REFLECTANCES) | (_FOR_FLAGS if "sentinel2" in definitions else set())
    needs = {
        "sentinel1": {"vv"} | ({"vh"} if "sigma0_vh" in layers else set()),
        "sentinel2": set(optical),
        "dem": {"elevation"} if layers & TERRAIN or "dem" in definitions else set(),
    }
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
                f"'{definitions[key].id}' does not have"
            )
    return {key: tuple(sorted(needs[key])) for key in definitions}
