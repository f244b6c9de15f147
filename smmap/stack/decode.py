"""Stored numbers to physical ones, once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.features.decibel import to_power
from smmap.spec.band import Band
from smmap.stack.native import HAS_KERNEL
from smmap.stack.sense import check_stored, check_values, is_scaled

if HAS_KERNEL:
    from smmap.stack import _kernel

_TYPES = ("uint8", "int8", "uint16", "int16", "float32")
"""What the kernel decodes."""
_ROWS = 64
"""As many rows at a time are in double precision."""


def decode(
    stored: NDArray[Any],
    band: Band,
    nodata: float | None,
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Scale and offset applied, nodata and what is not finite as NaN, decibels as power.

    Parameters
    ----------
    stored
        (h, w), of any type but complex.
    nodata
        Stored value that means nothing was measured, if there is one.
    out
        (h, w), is filled and given back; None: a new array is.

    Returns
    -------
    float32 array, (h, w)
        Power that is exactly zero is nothing: it is what writers put where nothing was received.
        Negative power is what is left of little signal when the noise is taken off: it stays, as
        averages need it. An incidence angle of exactly zero is nothing either.

    Raises
    ------
    SceneError
        If a class or packed bits are too large to be kept exactly, or heights or power hold what
        can only mean nothing, and it is not declared; if what should be power is decibels, or
        counts; or an incidence angle radians.
    """
    check_stored(stored, band, nodata)
    values = convert(stored, band, nodata, out)
    if band.name == "incidence":
        values[values == 0] = np.nan
    check_values(values, band)
    return values


def convert(
    stored: NDArray[Any],
    band: Band,
    nodata: float | None,
    out: NDArray[np.float32] | None = None,
    lanes: int | None = None,
) -> NDArray[np.float32]:
    """``decode`` whatever the numbers are.

    ``lanes`` is one of the kernel's; None: the fastest of this processor.
    """
    if out is None:
        out = np.empty(stored.shape, np.float32)
    plain = band.units == "dB" or band.planck is not None
    if not HAS_KERNEL or plain or stored.dtype.name not in _TYPES:
        out[...] = decode_plainly(stored, band, nodata)
        return out
    _kernel.decode(
        stored if stored.strides[1] == stored.itemsize else np.ascontiguousarray(stored),
        nodata is not None,
        0.0 if nodata is None else nodata,
        is_scaled(band),
        band.scale,
        band.offset,
        band.units == "linear",
        lanes or _kernel.lanes()[0],
        out,
    )
    return out


def decode_plainly(stored: NDArray[Any], band: Band, nodata: float | None) -> NDArray[np.float32]:
    """``convert`` in NumPy: the same bits."""
    out = np.empty(stored.shape, np.float32)
    for row in range(0, stored.shape[0], _ROWS):
        out[row : row + _ROWS] = _decode_part(stored[row : row + _ROWS], band, nodata)
    out[~np.isfinite(out)] = np.nan
    return out


def _decode_part(part: NDArray[Any], band: Band, nodata: float | None) -> NDArray[np.float32]:
    values: NDArray[np.float64] = part.astype(np.float64)
    if nodata is not None:
        values[part == nodata] = np.nan
    if is_scaled(band):
        values = values * band.scale + band.offset
    with np.errstate(over="ignore"):  # more than float32 holds is not finite either
        if band.units == "dB":
            values = to_power(values)
        if band.planck is not None:
            values = _to_temperature(values, *band.planck)
        if band.units in ("dB", "linear"):
            values[values == 0] = np.nan
        return values.astype(np.float32)


def _to_temperature(
    radiance: NDArray[np.float64], first: float, second: float
) -> NDArray[np.float64]:
    """K2 / ln(K1 / L + 1), kelvin; NaN where there is no radiance.

    Source: Landsat 8 Data Users Handbook, LSDS-1574, section 5.
    """
    radiance = np.where(radiance > 0, radiance, np.nan)
    return np.asarray(second / np.log(first / radiance + 1))
