"""How a window is asked for in pieces that a server answers."""

from __future__ import annotations

from smmap.grid.earth_engine import Window

MOST_BYTES = 50_331_648
"""Of one answer of Earth Engine, uncompressed."""
MOST_SIDE = 32_768
"""Pixels of one answer, each way."""


def plan_pieces(window: Window, bytes_a_pixel: int) -> list[Window]:
    """Cut a window into as few strips as the limits allow, row by row; each pixel is in one.

    Parameters
    ----------
    window
        Rows and columns wanted.
    bytes_a_pixel
        Of all bands of an answer together.
    """
    top, bottom, left, right = window
    across = min(right - left, MOST_SIDE)
    down = max(1, min(MOST_SIDE, MOST_BYTES // (across * bytes_a_pixel)))
    return [
        (row, min(row + down, bottom), col, min(col + across, right))
        for row in range(top, bottom, down)
        for col in range(left, right, across)
    ]
