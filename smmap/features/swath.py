"""Frayed swath edges: pixels beside the end of a swath hold border noise and are taken off."""

from __future__ import annotations

import numpy as np

from smmap.features.array import Bools


def compute_halo(pixels: int) -> int:
    """Pixels around a block on which ``compute_eroded`` depends.

    The opening looks 2 x ``pixels`` around itself, the dilation ``pixels`` more.
    """
    return 3 * pixels


def compute_eroded(valid: Bools, covered: Bools, pixels: int) -> Bools:
    """Drop valid pixels within ``pixels`` of where a swath ends inside its raster.

    The swath ends where a raster covers the ground without having a value there, over an area
    that holds a square of side 2 x ``pixels`` + 1: smaller holes (saturated pixels) leave their
    neighbours alone. Where no raster reaches, nothing ends: a clipped scene keeps its rim.

    Parameters
    ----------
    valid : bool array (y, x)
        Whether the pixel has a value.
    covered : bool array (y, x)
        Whether some raster covers the pixel. Beyond the array counts as not covered, so a block
        must come with ``compute_halo(pixels)`` pixels around it.
    pixels : int
        How far the edge is taken back, along rows, columns and diagonals; 0 changes nothing.

    Returns
    -------
    bool array (y, x)
        ``valid`` without the edges.
    """
    holes = covered & ~valid
    if pixels == 0 or not holes.any():
        return valid.copy()
    # Here, as it takes a tenth of a process's start and most blocks hold no swath's end.
    from scipy.ndimage import maximum_filter, minimum_filter

    side = 2 * pixels + 1
    cores = minimum_filter(holes.view(np.uint8), size=side, mode="constant", cval=0)
    reached = maximum_filter(cores, size=2 * side - 1, mode="constant", cval=0)
    return np.asarray(valid & (reached == 0))
