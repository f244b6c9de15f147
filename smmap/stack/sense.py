"""Whether the numbers of a file can be what its definition says they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.features.request import REFLECTANCES
from smmap.spec.band import Band
from smmap.spec.errors import SceneError

_EXACT = 1 << 24
"""Up to here float32 holds every whole number."""
_LEAST_POWER = -1.0
"""What is left of little signal when the noise is taken off is far above this; decibels of land and
marks of nothing are below."""
_MANY = 64
"""Pixels: so many together are never all as bright as corner reflectors (power 1, or 0 dB). Fewer
than the smallest blocks read, so that a scene is refused or not however the tile is cut."""
_PACKED = 0.01
"""Scales below this are of numbers up to some thousands."""
_WHOLE = 2.0
"""No light that is sent back is more; as a packed number it is the blackest black."""
SEEN_DEG = (5.0, 80.0)
"""No radar looks steeper or flatter; angles in radians, or stored a hundredfold, lie beyond."""
_NEVER = -9999
"""No land lies so deep, and no power is so negative: it is what writers put for nothing."""


def is_scaled(band: Band) -> bool:
    """Whether stored numbers are not the physical ones."""
    return band.scale != 1.0 or band.offset != 0.0


def check_stored(stored: NDArray[Any], band: Band, nodata: float | None) -> None:
    """Refuse stored numbers that cannot be what they should be; errors as of `decode`."""
    if band.units == "linear" and stored.dtype.kind in "iu" and not is_scaled(band):
        raise SceneError(
            f"band '{band.name}' of {band.href} holds whole numbers without a scale: counts, which "
            "are no power until they are calibrated; leave the scene out, or declare their scale"
        )
    if band.name in REFLECTANCES:
        _check_reflectance(stored, band, nodata)
    if nodata is None and band.units in ("m", "linear") and not is_scaled(band):
        _check_declared(stored, band)
    if band.units in ("class", "bits") and not np.can_cast(stored.dtype, np.float32):
        _check_exact(stored, band, nodata)


def check_values(values: NDArray[np.float32], band: Band) -> None:
    """Refuse physical values that are none; errors as of `decode`."""
    if not values.size:
        return
    if band.name == "incidence":
        _check_incidence(values, band)
    if band.units not in ("linear", "dB"):
        return
    least = float(np.fmin.reduce(values, axis=None))
    if least >= 1 and np.isfinite(values).sum() >= _MANY:
        raise SceneError(
            f"band '{band.name}' of {band.href} is power of {least:g} and more everywhere, which "
            "no ground sends back: counts that are not calibrated, or linear power that the "
            "definition takes for dB"
        )
    if least < _LEAST_POWER:
        raise SceneError(
            f"band '{band.name}' of {band.href} holds {least:g}, which is no power: decibels need "
            "a definition with 'units: dB', a mark of nothing must be declared as nodata"
        )


def _check_reflectance(stored: NDArray[Any], band: Band, nodata: float | None) -> None:
    if stored.dtype.kind in "iu" and not is_scaled(band):
        raise SceneError(
            f"band '{band.name}' of {band.href} holds whole numbers without a scale, which are no "
            "share of the light; declare their scale"
        )
    if stored.dtype.kind == "f" and band.scale < _PACKED:
        known = stored[np.isfinite(stored) & (stored != 0) & (stored != nodata)]
        if known.size >= _MANY and np.abs(known).max() <= _WHOLE and (known % 1 != 0).any():
            raise SceneError(
                f"band '{band.name}' of {band.href} holds {known[0]:g} and its like, shares of the "
                f"light already, and would be scaled by {band.scale:g}; state raster:scale 1"
            )


def _check_incidence(values: NDArray[np.float32], band: Band) -> None:
    low, high = SEEN_DEG
    wrong = (values < low) | (values > high)
    if wrong.any():
        raise SceneError(
            f"band '{band.name}' of {band.href} holds {values[wrong][0]:g}, which is no angle in "
            "degrees at which a radar looks: radians, or packed numbers without their scale"
        )


def _check_exact(stored: NDArray[Any], band: Band, nodata: float | None) -> None:
    with np.errstate(invalid="ignore"):
        large = np.isfinite(stored) & (np.abs(stored.astype(float)) > _EXACT) & (stored != nodata)
    if large.any():
        raise SceneError(
            f"band '{band.name}' of {band.href} holds {stored[large].flat[0]}: classes and bits "
            f"are kept exactly up to {_EXACT} only; leave the scene out"
        )


def _check_declared(stored: NDArray[Any], band: Band) -> None:
    with np.errstate(invalid="ignore"):
        empty = (stored <= _NEVER) & (stored > -np.inf)  # what is not finite is nothing anyway
    if empty.any():
        raise SceneError(
            f"band '{band.name}' of {band.href} holds {stored[empty].flat[0]}, which can only mean "
            "that there is no value, but neither the file nor its item declares nodata; declare it"
        )
