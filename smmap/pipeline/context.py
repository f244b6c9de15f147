"""What a run needs besides its tasks: opened once, shared by all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import cast

from smmap.catalog.definitions import load_definition
from smmap.features.radiometry import check_radiometry, get_meaning
from smmap.features.registry import get_feature
from smmap.features.request import REFLECTANCES, Request
from smmap.grid.area import compute_working_factor
from smmap.grid.named import Grid, get_grid
from smmap.model.package import find_package, load_card
from smmap.pipeline.needs import (
    ALWAYS,
    choose_bands,
    choose_requests,
    compute_reach,
    find_flag_source,
    find_plain_bands,
    is_required,
)
from smmap.spec.card import ModelCard, RadarMeaning
from smmap.spec.definition import Definition
from smmap.spec.errors import ConfigError, SceneError
from smmap.spec.input_list import FeatureSet
from smmap.spec.recipe import Recipe
from smmap.spec.source import OPTICAL, SENSORS, SourceKey
from smmap.spec.windows import SizedWindows
from smmap.stack.radar import RadarGrid
from smmap.store.network import use_network

WELCOME = ("vh", "incidence")
"""Bands that are read where a scene has them."""


@dataclass(frozen=True)
class Context:
    """A recipe with everything it names looked up; no scene has been searched or read."""

    recipe: Recipe
    """As validated."""
    grid: Grid
    """Its grid."""
    feature_set: FeatureSet
    """What is asked of the sources: a model's card, or inputs without a model."""
    model_folder: Path | None
    """The model package's folder; None: there is no model, and nothing can be mapped."""
    definitions: Mapping[str, Definition]
    """By source key: those that the model or the quality bits make use of."""
    bands: Mapping[str, tuple[str, ...]]
    """Bands that every scene of a source must have."""
    requests: Mapping[str, tuple[Request, ...]]
    """What is asked of a source by name, besides what has a plain one."""
    radar_grid: RadarGrid
    """Working pixels under the tile's pixels."""
    radar_meaning: RadarMeaning
    """What the radar inputs mean once they are converted."""

    @property
    def package(self) -> Path:
        """The model package's folder.

        Raises
        ------
        ConfigError
            If there is no model.
        """
        if self.model_folder is None:
            raise ConfigError(f"'{self.feature_set.name}' is a list of inputs: it has no model")
        return self.model_folder

    @property
    def card(self) -> ModelCard:
        """The model's card.

        Raises
        ------
        ConfigError
            If there is no model.
        """
        if isinstance(self.feature_set, ModelCard):
            return self.feature_set
        raise ConfigError(f"'{self.feature_set.name}' is a list of inputs: it has no model")

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
        return is_required(source, self.feature_set, self.requests)

    def reach(self, source: str) -> tuple[timedelta, timedelta]:
        """How far before and after an overpass a source's scenes may be."""
        plain = bool(find_plain_bands(source, self.feature_set, self.definitions))
        return compute_reach(source, self.requests, self.recipe, plain=plain)

    @property
    def windows(self) -> SizedWindows | None:
        """Which inputs are images around a tile's pixels; None: none is."""
        return self.feature_set.windows

    @property
    def pixel_set(self) -> FeatureSet:
        """What is asked as one number a tile pixel: without windows, everything."""
        if self.windows is None:
            return self.feature_set
        names = self.windows.list_cell_inputs([one.name for one in self.feature_set.inputs])
        inputs = tuple(one for one in self.feature_set.inputs if one.name in names)
        return self.feature_set.model_copy(update={"inputs": inputs, "windows": None})

    @property
    def pixel_requests(self) -> Mapping[str, tuple[Request, ...]]:
        """Those of ``requests`` that are asked for on tile pixels: without windows, all."""
        if self.windows is None:
            return self.requests
        return choose_requests(self.pixel_set, self.definitions)

    def plain_bands(self, source: str) -> tuple[str, ...]:
        """Bands of an optical source that are joined as the recipe says."""
        return tuple(sorted(find_plain_bands(source, self.pixel_set, self.definitions)))


def open_context(recipe: Recipe, feature_set: FeatureSet | None = None) -> Context:
    """Look up the grid, the model's card and the definitions, and check that they fit together.

    From here on this process uses the network as the recipe says.

    Parameters
    ----------
    recipe
        As validated.
    feature_set
        Inputs that are asked for without any model; the recipe's ``model`` is then left aside.

    Raises
    ------
    ConfigError, GridError, ModelError
        If something is missing or the model needs what no source gives.
    """
    use_network(offline=recipe.offline, cache=recipe.cache)
    folder = None
    if feature_set is None:
        folder = _find_folder(recipe.model)
        feature_set = load_card(folder)
    definitions = {
        key: load_definition(name)
        for key, name in recipe.sources.model_dump().items()
        if name is not None
    }
    for key, definition in definitions.items():
        sensor = SENSORS[cast("SourceKey", key)]
        if definition.sensor != sensor:
            raise ConfigError(
                f"sources.{key}: definition '{definition.id}' is for {definition.sensor}, not "
                f"{sensor}"
            )
    requests = choose_requests(feature_set, definitions)
    used = {*ALWAYS, *requests, find_flag_source(definitions)}
    definitions = {key: one for key, one in definitions.items() if key in used}
    grid = get_grid(recipe.grid)
    _check_cells(grid, feature_set)
    radar = definitions["sentinel1"]
    meaning = _check_radar(radar, feature_set)
    _check_reflectance(definitions, feature_set)
    fine = {"sentinel1", *OPTICAL}
    finest = min(one.resolution for key, one in definitions.items() if key in fine)
    factor = compute_working_factor(grid.resolution_m, finest)
    return Context(
        recipe=recipe,
        grid=grid,
        feature_set=feature_set,
        model_folder=folder,
        definitions=definitions,
        bands=choose_bands(feature_set, definitions, requests),
        requests=requests,
        radar_grid=RadarGrid(factor, grid.resolution_m / factor),
        radar_meaning=meaning,
    )


def _check_cells(grid: Grid, card: FeatureSet) -> None:
    """Refuse pixels that are not the cells of a model with windows."""
    if card.windows is not None and grid.resolution_m != card.windows.cell_m:
        raise ConfigError(
            f"grid '{grid.name}' has pixels of {grid.resolution_m:g} m, model '{card.name}' gives "
            f"cells of {card.windows.cell_m:g} m: choose grid: utm-{card.windows.cell_m:g}m"
        )


def _find_folder(model: str) -> Path:
    """The folder of a model package."""
    package = find_package(model)
    if package.is_file():
        raise ConfigError(
            f"model {package} is a bare ONNX file: to map with it, put it into a folder with a "
            "card.yaml that says how its inputs are made"
        )
    return package


def _check_radar(definition: Definition, card: FeatureSet) -> RadarMeaning:
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


def _check_reflectance(definitions: Mapping[str, Definition], card: FeatureSet) -> None:
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
