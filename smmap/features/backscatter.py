"""Radar features."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from smmap.features.array import Bools, Doubles, Layers
from smmap.features.decibel import to_db
from smmap.features.indices import compute_ndvi
from smmap.features.water_cloud import (
    COEFFICIENTS,
    CoefficientName,
    Polarisation,
    compute_soil_backscatter,
)
from smmap.spec.options import Options


class BackscatterDb(Options):
    """Total backscatter in decibels."""

    units: ClassVar[str] = "dB"
    polarisation: Polarisation
    """``vv`` or ``vh``."""

    @property
    def layers(self) -> frozenset[str]:
        """Names of the layers read."""
        return frozenset({f"sigma0_{self.polarisation}"})

    def compute(self, layers: Layers) -> Doubles:
        """Decibels, (y, x); NaN where the power is not positive."""
        return to_db(layers[f"sigma0_{self.polarisation}"])


class SoilBackscatterDb(Options):
    """Backscatter of the soil below the canopy, in decibels, by the Water Cloud Model."""

    units: ClassVar[str] = "dB"
    polarisation: Polarisation
    """``vv`` or ``vh``."""
    coefficients: CoefficientName = "gssm10"
    """``gssm10`` (the study's program) or ``as-printed`` (its text)."""

    @property
    def layers(self) -> frozenset[str]:
        """Names of the layers read."""
        return frozenset({f"sigma0_{self.polarisation}", "incidence_deg", "nir", "red"})

    def compute(self, layers: Layers) -> Doubles:
        """Decibels, (y, x); NaN where the correction leaves no positive power."""
        return to_db(self._correct(layers)[0])

    def find_overcorrected(self, layers: Layers) -> Bools:
        """Where the correction takes all of a positive power, (y, x).

        Power that was not positive before it says nothing of the vegetation.
        """
        _, overcorrected = self._correct(layers)
        return overcorrected & (layers[f"sigma0_{self.polarisation}"] > 0)

    def _correct(self, layers: Layers) -> tuple[Doubles, Bools]:
        return compute_soil_backscatter(
            layers[f"sigma0_{self.polarisation}"],
            np.radians(layers["incidence_deg"], dtype=np.float64),
            compute_ndvi(layers["nir"], layers["red"]),
            COEFFICIENTS[self.coefficients][self.polarisation],
        )
