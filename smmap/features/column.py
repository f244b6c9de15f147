"""A model's input with what it is derived from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from smmap.features.array import Layers
from smmap.features.feature import Feature, VegetationCorrection
from smmap.features.registry import get_feature
from smmap.features.request import Request, find_requests
from smmap.spec.card import ModelInput
from smmap.spec.input_list import FeatureSet


@dataclass(frozen=True)
class Column:
    """An input with what it is derived from."""

    spec: ModelInput
    """As the card has it."""
    feature: Feature
    """Its derivation."""
    requests: Mapping[str, Request]
    """By the feature's own word for a layer: those that are asked for by name."""

    @cached_property
    def correction(self) -> VegetationCorrection | None:
        """The feature, where it takes the canopy off."""
        return self.feature if isinstance(self.feature, VegetationCorrection) else None

    @cached_property
    def names(self) -> dict[str, str]:
        """By the feature's own word for a layer: its name among all layers."""
        return {
            layer: self.requests[layer].name if layer in self.requests else layer
            for layer in self.feature.layers
        }

    def choose(self, layers: Layers) -> Layers:
        """Its layers under the feature's own words."""
        return {layer: layers[name] for layer, name in self.names.items()}


def get_columns(card: FeatureSet) -> tuple[Column, ...]:
    """All inputs of a card, in order.

    Raises
    ------
    ConfigError
        If an input's feature, options or units cannot be used; names the allowed ones.
    """
    return _make_columns(_Inputs(card.inputs), f"model '{card.name}'")


def make_column(column: ModelInput, where: str) -> Column:
    """One input; ``where`` is which card, for messages. Errors as of ``get_columns``."""
    feature = get_feature(column, where)
    return Column(column, feature, find_requests(column, sorted(feature.layers), where))


class _Inputs:
    """Equal to the very same inputs alone: their options cannot be hashed."""

    def __init__(self, inputs: tuple[ModelInput, ...]) -> None:
        self.inputs = inputs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Inputs) and self.inputs is other.inputs

    def __hash__(self) -> int:
        return id(self.inputs)


@lru_cache(maxsize=16)
def _make_columns(inputs: _Inputs, where: str) -> tuple[Column, ...]:
    """Once for all rows of all blocks: to check a card takes longer than a feature of some rows."""
    return tuple(make_column(column, where) for column in inputs.inputs)
