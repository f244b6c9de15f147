"""The three variables of the product, and how each is packed."""

from __future__ import annotations

from smmap.spec.band import Layer

SM = Layer(
    name="sm",
    dtype="int16",
    fill=-32768,
    scale_factor=0.0001,
    units="m3 m-3",
    long_name="Volumetric soil moisture",
    standard_name="volume_fraction_of_condensed_water_in_soil",
    valid_range=(0, 10000),
)
"""Water volume per soil volume, from dry (0) to nothing but water (1)."""

SM_UNCERTAINTY = Layer(
    name="sm_uncertainty",
    dtype="int16",
    fill=-32768,
    scale_factor=0.0001,
    units="m3 m-3",
    long_name="Standard deviation of volumetric soil moisture, as the model states it",
    standard_name="volume_fraction_of_condensed_water_in_soil standard_error",
    valid_range=(0, 10000),
)
"""One standard deviation of ``sm``."""

SM_QUALITY = Layer(
    name="sm_quality",
    dtype="uint16",
    fill=65535,
    scale_factor=None,
    units="1",
    long_name="Quality flags; 0 is a good retrieval",
    standard_name="quality_flag",
    valid_range=(0, 8191),
)
"""Bits of ``smmap.spec.quality.Quality``."""

LAYERS = (SM, SM_UNCERTAINTY, SM_QUALITY)
"""In the order in which they are written."""
