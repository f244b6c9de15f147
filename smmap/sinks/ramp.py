"""Colours of soil moisture: sand for dry, deep blue for wet.

Lightness (CIELAB L*) falls in even steps from 82 to 22, so that the order can be read in grey
and with any colour vision; the hue only helps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SM_LIMITS = (0.0, 0.5)
"""Soil moisture of the first and last colour, m3/m3; beyond, the colour stays."""

RAMP = ("#f2c585", "#c2a875", "#7c8d7b", "#427185", "#095387", "#00327a")
"""Evenly spaced over ``SM_LIMITS``."""


def compute_stops() -> list[tuple[float, str]]:
    """(soil moisture in m3/m3, colour) of each stop."""
    return list(zip(np.linspace(*SM_LIMITS, len(RAMP)).round(6).tolist(), RAMP, strict=True))


def compute_rgba(sm: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Colours of soil moisture (y, x) in m3/m3 as (y, x, 4); NaN is transparent."""
    stops = np.linspace(*SM_LIMITS, len(RAMP))
    channels = np.array([tuple(bytes.fromhex(colour[1:])) for colour in RAMP], dtype=np.float64)
    valid = np.isfinite(sm)
    filled = np.where(valid, sm, 0.0)
    rgba = np.zeros((*sm.shape, 4), np.uint8)
    for band in range(3):
        rgba[..., band] = np.where(valid, np.rint(np.interp(filled, stops, channels[:, band])), 0)
    rgba[..., 3] = np.where(valid, 255, 0)
    return rgba
