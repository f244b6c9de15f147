"""From layers to a model's inputs, as its card says and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Bools, Floats, Layers
from smmap.features.column import Column, get_columns, make_column
from smmap.features.feature import Feature
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

    columns: tuple[Floats, ...]
    """Scaled, each (y, x); NaN where an input is not available. A model takes them rounded to
    float32. Those of ``derived`` themselves where nothing is scaled."""
    derived: tuple[Floats, ...]
    """Before scaling, in the inputs' units; layers themselves where nothing is derived."""
    derivations: tuple[Feature | None, ...]
    """Of ``derived``, where they were made from the layers of just those names, as they are."""
    in_range: Bools
    """(y, x): no input lies outside its training range. NaN lies nowhere, so it objects to
    nothing; inputs without a training range neither."""
    overcorrected: Bools
    """(y, x): the vegetation correction of some input leaves no positive soil power."""
    beyond: Bools
    """(y, x): quality control of the model's training is broken, other than by frost."""
    frozen: Bools
    """(y, x): it is broken by the temperature of the soil, or by snow."""

    @property
    def values(self) -> NDArray[np.float32]:
        """The columns in one array (inputs, y, x), made anew each time."""
        return np.stack(self.columns, dtype=np.float32, casting="same_kind")

    @property
    def raw(self) -> NDArray[np.float32]:
        """The same before scaling; ``values`` follows from it."""
        return np.stack(self.derived, dtype=np.float32, casting="same_kind")

    def find(self, feature: Feature) -> Floats | None:
        """What the derivation of an input gives of the layers as they are; not rounded."""
        known = zip(self.derivations, self.derived, strict=True)
        return next((values for one, values in known if one == feature), None)


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
        What is derived is rounded to float32 before it is scaled.

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
    everywhere, nowhere = (np.broadcast_to(np.bool_(one), shape) for one in (True, False))
    in_range, overcorrected, beyond, frozen = everywhere, nowhere, nowhere, nowhere
    derived, scaled = [], []
    for column in columns:
        chosen = column.choose(layers)
        values = column.feature.compute(chosen)
        derived.append(values)
        if not isinstance(column.spec.scaling, NoScaling):
            values = compute_scaled(_round(values), column.spec.scaling)
        scaled.append(values)
        if column.spec.training_range is not None:
            low, high = column.spec.training_range
            rounded = _round(derived[-1])
            in_range = in_range & ~((rounded < low) | (rounded > high))
        if column.correction is not None:
            overcorrected = overcorrected | column.correction.find_overcorrected(chosen)
    for limited, limit, found in _list_limited(card, columns, derived, layers):
        if tells_of_frost(limited):
            frozen = frozen | find_outside(limit, found)
        else:
            beyond = beyond | find_outside(limit, found)
    plain = tuple(column.feature if _is_plain(column, card) else None for column in columns)
    return Features(tuple(scaled), tuple(derived), plain, in_range, overcorrected, beyond, frozen)


def _is_plain(column: Column, card: FeatureSet) -> bool:
    """Whether its layers are those that bear the feature's own words, unchanged."""
    changed = needs_gamma0(card) and not column.feature.layers.isdisjoint(_RADAR)
    return not column.requests and not changed


def _round(values: Floats) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)


def _list_limited(
    card: FeatureSet, columns: tuple[Column, ...], derived: Sequence[Floats], layers: Layers
) -> Iterator[tuple[ModelInput, Limit, NDArray[np.floating]]]:
    """Limits of the model's training with their columns and values, as far as layers tell."""
    names = [column.spec.column or column.spec.name for column in columns]
    for limit in card.quality if isinstance(card, ModelCard) else ():
        limited = derive_column(limit)
        if limited is not None:
            column = make_column(limited, f"quality of model '{card.name}'")
            if set(column.names.values()) <= set(layers):
                values = column.feature.compute(column.choose(layers))
                yield limited, limit, _round(values)
        elif limit.column in names:
            at = names.index(limit.column)
            yield columns[at].spec, limit, _round(derived[at])


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
