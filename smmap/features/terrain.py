"""Slope and aspect of an elevation model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Doubles, Floats
from smmap.features.native import HAS_KERNEL

if HAS_KERNEL:
    from smmap.features import _kernel

_DEGREES = 180.0 / np.pi
"""In a radian; to multiply by it gives the bits of ``np.degrees`` in a sixth of the time."""
_ROWS = 32
"""As many at a time are in double precision."""


def compute_slope_aspect(
    elevation: Floats, spacing_y_m: Floats | float, spacing_x_m: Floats | float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Steepness and facing by Horn's weighted 3 x 3 differences.

    Source: Horn 1981, DOI 10.1109/PROC.1981.11918.

    Parameters
    ----------
    elevation : float array (y + 2, x + 2)
        Metres, rows from north to south, columns from west to east; NaN is nodata.
    spacing_y_m, spacing_x_m : float or float array (y,)
        Distance between rows and between columns, metres, of every output row.

    Returns
    -------
    slope_deg : float32 array (y, x)
        0..90 degrees; NaN where any of the nine pixels is NaN.
    aspect_deg : float32 array (y, x)
        Where the slope faces (downhill), clockwise from grid north, 0 <= aspect < 360;
        NaN also where the ground is flat and faces nowhere.
    """
    rows = elevation.shape[0] - 2
    down, across = _as_column(spacing_y_m, rows), _as_column(spacing_x_m, rows)
    eastward, northward = _compute_gradient(elevation, down, across)
    aspect = np.mod(np.degrees(np.arctan2(-eastward, -northward)), 360.0).astype(np.float32)
    flat = (eastward == 0) & (northward == 0)
    facing = np.where(flat, np.float32(np.nan), np.mod(aspect, np.float32(360.0)))
    return _compute_steepness(eastward, northward), facing


def compute_slope(
    elevation: Floats, spacing_y_m: Floats | float, spacing_x_m: Floats | float
) -> NDArray[np.float32]:
    """Steepness alone, as ``compute_slope_aspect`` gives it, in a fraction of the time."""
    slope = np.empty((elevation.shape[0] - 2, elevation.shape[1] - 2), np.float32)
    # Once, and not for each few rows, of which that would be the longest part.
    down, across = _as_column(spacing_y_m, len(slope)), _as_column(spacing_x_m, len(slope))
    for top in range(0, len(slope), _ROWS):
        rows = slice(top, top + _ROWS)
        around = elevation[top : top + _ROWS + 2]
        gradient = _compute_gradient(around, down[rows], across[rows])
        slope[rows] = _compute_steepness(*gradient)
    return slope


def _compute_steepness(eastward: Doubles, northward: Doubles) -> NDArray[np.float32]:
    """Degrees; the gradient is used up."""
    eastward *= eastward
    northward *= northward
    rise = np.add(eastward, northward, out=eastward)
    np.arctan(np.sqrt(rise, out=rise), out=rise)
    rise *= _DEGREES
    return rise.astype(np.float32)


def _compute_gradient(
    elevation: Floats, down_m: Doubles, across_m: Doubles
) -> tuple[Doubles, Doubles]:
    """Rise by metre to the east and to the north, each (y, x); distances are (y, 1)."""
    if not HAS_KERNEL or elevation.dtype != np.float32:
        return compute_gradient_plainly(elevation, down_m, across_m)
    shape = elevation.shape[0] - 2, elevation.shape[1] - 2
    eastward, northward = np.empty(shape), np.empty(shape)
    whole = np.ascontiguousarray(elevation)
    _kernel.gradient(whole, 8.0 * down_m, 8.0 * across_m, eastward, northward)
    return eastward, northward


def compute_gradient_plainly(
    elevation: Floats, down_m: Doubles, across_m: Doubles
) -> tuple[Doubles, Doubles]:
    """Rise by metre to the east and to the north, each (y, x), in NumPy: as the kernel has it."""
    z = np.asarray(elevation, dtype=np.float64)
    west, middle, east = z[:, :-2], z[:, 1:-1], z[:, 2:]
    across = east - west
    along = west + 2.0 * middle + east
    # The centre pixel has no weight in Horn's differences; adding 0 x it lets its NaN through.
    eastward = (across[:-2] + 2.0 * across[1:-1] + across[2:] + 0.0 * middle[1:-1]) / (
        8.0 * across_m
    )
    northward = (along[:-2] - along[2:] + 0.0 * middle[1:-1]) / (8.0 * down_m)
    return eastward, northward


def _as_column(spacing: Floats | float, rows: int) -> Doubles:
    column = np.asarray(spacing, dtype=np.float64).reshape(-1, 1)
    return np.ascontiguousarray(np.broadcast_to(column, (rows, 1)))
