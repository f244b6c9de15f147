"""From layers to a model's inputs, as its card says and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Bools, Layers
from smmap.features.column import Column, get_columns, make_column
from smmap.features.limits import find_outside, tells_of_frost
from smmap.features.radiometry import compute_gamma0, needs_gamma0
from smmap.features.request import Request
from smmap.features.scaling import compute_scaled
from smmap.spec.card import ModelCard, ModelInput, NoScaling, derive_column
from smmap.spec.errors import ConfigError, GridError
from smmap.spec.input_list import FeatureSet
from smmap.spec.limit import Limit

_RADAR = ("sigma0_vv", "sigma0_vh")


@dataclass(frozen=True)
class Features:
    """A model's inputs over a block, columns in the card's order."""

    values: NDArray[np.float32]
    """(inputs, y, x), scaled; NaN where an input is not available. ``raw`` itself where nothing is
    scaled."""
    raw: NDArray[np.float32]
    """(inputs, y, x), before scaling, in the inputs' units; NaN as in the derivations."""
    in_range: Bools
    """(y, x): no input lies outside its training range. NaN lies nowhere, so it objects to
    nothing; inputs without a training range neither."""
    overcorrected: Bools
    """(y, x): the vegetation correction of some input leaves no positive soil power."""
    beyond: Bools
    """(y, x): quality control of the model's training is broken, other than by frost."""
    frozen: Bools
    """(y, x): it is broken by the temperature of the soil, or by snow."""


def compute_required_layers(card: FeatureSet) -> frozenset[str]:
    """Names of all layers that the card's inputs are derived from.

    Raises
    ------
    ConfigError
        If an input's feature, options or units cannot be used; names the allowed ones.
    """
    names = frozenset[str]().union(*(one.names.values() for one in get_columns(card)))
    if needs_gamma0(card) and not names.isdisjoint(_RADAR):
        names |= {"incidence_deg"}
    return names


def compute_requests(card: FeatureSet) -> tuple[Request, ...]:
    """What the card asks of sources by name, each once, by name.

    Raises
    ------
    ConfigError
        As ``compute_required_layers``.
    """
    found = {one for column in get_columns(card) for one in column.requests.values()}
    return tuple(sorted(found, key=lambda one: one.name))


def compute_welcome_requests(card: FeatureSet) -> tuple[Request, ...]:
    """What quality control of a model's training asks for besides its inputs, where it is served.

    Raises
    ------
    ConfigError
        As ``compute_required_layers``.
    """
    limits = card.quality if isinstance(card, ModelCard) else ()
    derived = [one for limit in limits if (one := derive_column(limit)) is not None]
    columns = [make_column(one, f"quality of model '{card.name}'") for one in derived]
    found = {one for column in columns for one in column.requests.values()}
    return tuple(sorted(found - set(compute_requests(card)), key=lambda one: one.name))


def compute_features(card: FeatureSet, layers: Layers) -> Features:
    """Derive and scale every input of the card.

    Parameters
    ----------
    card : FeatureSet
        Which inputs, in which order; radar layers are turned into gamma0 first where the card
        was fitted on it.
    layers : Layers
        At least ``compute_required_layers(card)``, all (y, x), float32, NaN where nodata; radar
        as sigma0. Never changed.

    Returns
    -------
    Features
        ``raw`` is rounded to float32 before scaling, so that ``values`` follows from ``raw``.

    Raises
    ------
    ConfigError
        If the card cannot be used, or a layer is missing.
    GridError
        If layers differ in shape.
    """
    columns = get_columns(card)
    required = compute_required_layers(card)
    _check_layers(card, layers, required)
    if needs_gamma0(card):
        layers = {**layers, **_compute_gamma0_layers(layers, required)}
    shape = layers[min(required)].shape
    raw = np.empty((len(columns), *shape), dtype=np.float32)
    plain = all(isinstance(column.spec.scaling, NoScaling) for column in columns)
    values = raw if plain else np.empty_like(raw)
    in_range = np.ones(shape, dtype=np.bool_)
    overcorrected = np.zeros(shape, dtype=np.bool_)
    for index, column in enumerate(columns):
        chosen = column.choose(layers)
        raw[index] = column.feature.compute(chosen)
        if not plain:
            values[index] = compute_scaled(raw[index], column.spec.scaling)
        if column.spec.training_range is not None:
            low, high = column.spec.training_range
            in_range &= ~((raw[index] < low) | (raw[index] > high))
        if column.correction is not None:
            overcorrected |= column.correction.find_overcorrected(chosen)
    beyond, frozen = np.zeros((2, *shape), dtype=np.bool_)
    for limited, limit, found in _list_limited(card, columns, raw, layers):
        (frozen if tells_of_frost(limited) else beyond)[find_outside(limit, found)] = True
    return Features(values, raw, in_range, overcorrected, beyond, frozen)


def _list_limited(
    card: FeatureSet, columns: tuple[Column, ...], raw: NDArray[np.float32], layers: Layers
) -> Iterator[tuple[ModelInput, Limit, NDArray[np.floating]]]:
    """Limits of the model's training with their columns and values, as far as layers tell."""
    names = [column.spec.column or column.spec.name for column in columns]
    for limit in card.quality if isinstance(card, ModelCard) else ():
        derived = derive_column(limit)
        if derived is not None:
            column = make_column(derived, f"quality of model '{card.name}'")
            if set(column.names.values()) <= set(layers):
                values = column.feature.compute(column.choose(layers))
                yield derived, limit, values.astype(np.float32)
        elif limit.column in names:
            at = names.index(limit.column)
            yield columns[at].spec, limit, raw[at]


def _check_layers(card: FeatureSet, layers: Layers, required: frozenset[str]) -> None:
    missing = sorted(required - set(layers))
    if missing:
        raise ConfigError(
            f"model '{card.name}' needs the layers {', '.join(missing)}, which were not loaded: "
            "add the sources that give them to the recipe"
        )
    shapes = {layers[name].shape for name in required}
    if len(shapes) > 1:
        raise GridError(f"layers differ in shape ({sorted(shapes)}): load them onto one block")


def _compute_gamma0_layers(layers: Layers, required: frozenset[str]) -> Layers:
    theta = np.radians(layers["incidence_deg"], dtype=np.float64)
    return {name: compute_gamma0(layers[name], theta) for name in _RADAR if name in required}
