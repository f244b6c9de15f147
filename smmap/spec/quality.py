"""Quality bits: the first seven as in ESA CCI soil moisture v09, so its users feel at home."""

from __future__ import annotations

from enum import IntFlag


class Quality(IntFlag):
    """Bits of ``sm_quality``; 0 is a good retrieval, 65535 is nodata."""

    SNOW_OR_FROZEN = 1
    """Snow, ice or frozen ground: no value."""
    DENSE_VEGETATION = 2
    """NDVI > 0.75, or too little sensitivity left."""
    NOT_CONVERGED = 4
    """The retrieval did not converge."""
    OUT_OF_BOUNDS = 8
    """Backscatter or result outside its window: no value."""
    LOW_WEIGHT = 16
    """Less of the cell was seen than the recipe asks for, or gaps in its surroundings were
    filled."""
    UNRELIABLE = 32
    """Very wet, or cross-polarised backscatter at the noise floor."""
    BARREN = 64
    """Barren ground."""
    WATER = 128
    """Open water: no value."""
    TERRAIN = 256
    """Layover, shadow or steep."""
    STALE_OPTICAL = 512
    """Optical data missing, or older than the recipe allows."""
    OUTSIDE_DOMAIN = 1024
    """Outside the model's area of applicability."""
    PROVISIONAL = 2048
    """An input is provisional and will be replaced."""
    URBAN = 4096
    """Built-up."""


QUALITY_NODATA = 65535
