"""What a feature is: a derivation that a model card names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self, runtime_checkable

from smmap.features.array import Bools, Floats, Layers


class Feature(Protocol):
    """One derivation with its options, from layers to one input of a model.

    An implementation is a frozen ``Options`` class whose fields are the card's options; it is
    entered in ``registry.FEATURES`` and passes the inheritable ``FeatureContract`` of the tests.
    """

    @classmethod
    def parse(cls, data: Mapping[str, Any], where: str) -> Self:
        """Validate options; raises ConfigError naming the allowed ones."""
        ...

    @property
    def units(self) -> str:
        """Units of what ``compute`` gives; most classes have the same for all their options."""
        ...

    @property
    def layers(self) -> frozenset[str]:
        """Names of the layers that ``compute`` reads."""
        ...

    def compute(self, layers: Layers) -> Floats:
        """Derive, pixel by pixel.

        Parameters
        ----------
        layers : Layers
            At least those named by ``layers``; never changed.

        Returns
        -------
        float array (y, x)
            NaN where a layer is NaN or the derivation has no value. What is derived is float64; a
            layer as it stands may be given itself, and is not to be changed.
        """
        ...


@runtime_checkable
class VegetationCorrection(Protocol):
    """A feature that takes the canopy off, and can take off too much."""

    def find_overcorrected(self, layers: Layers) -> Bools:
        """Where there was backscatter and the correction leaves no positive soil power, (y, x)."""
        ...
