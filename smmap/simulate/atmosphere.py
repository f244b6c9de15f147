"""What satellites see of the ground from above the air."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from smmap.features.array import Doubles

AIR: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "coastal": (0.105, 0.80),
        "blue": (0.075, 0.84),
        "green": (0.040, 0.87),
        "red": (0.020, 0.91),
        "rededge1": (0.015, 0.90),
        "rededge2": (0.012, 0.91),
        "rededge3": (0.010, 0.92),
        "nir": (0.008, 0.93),
        "nir08": (0.007, 0.95),
        "nir09": (0.004, 0.45),
        "cirrus": (0.001, 0.02),
        "swir16": (0.002, 0.96),
        "swir22": (0.001, 0.93),
        "pan": (0.035, 0.88),
    }
)
"""Band -> reflectance of the air itself, and share of the ground's that comes through: of the size
that clear air gives at 45 degrees of sun, without any model of it."""


def compute_all_bands(bands: Mapping[str, Doubles]) -> dict[str, Doubles]:
    """Surface reflectance of all bands of Sentinel-2 and Landsat, from those of L2A.

    Those between two bands lie between their values.
    """
    red, nir = bands["red"], bands["nir"]
    return {
        **bands,
        "coastal": 0.85 * bands["blue"],
        "rededge1": red + 0.2 * (nir - red),
        "rededge2": red + 0.7 * (nir - red),
        "rededge3": red + 0.9 * (nir - red),
        "nir08": nir,
        "nir09": nir,
        "cirrus": (nir + bands["swir16"]) / 2,
        "pan": (bands["green"] + red) / 2,
    }


def compute_top_of_atmosphere(surface: Mapping[str, Doubles]) -> dict[str, Doubles]:
    """Reflectance above the air, of reflectance below it, band by band."""
    return {name: AIR[name][0] + AIR[name][1] * values for name, values in surface.items()}
