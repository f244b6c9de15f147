"""The variables of the daily level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.product.layers import LAYERS, SM, SM_QUALITY, SM_UNCERTAINTY
from smmap.product.merge_rule import Merged, Observations
from smmap.product.packing import pack
from smmap.spec.band import Layer
from smmap.spec.quality import QUALITY_NODATA

N_OBS = Layer(
    name="n_obs",
    dtype="uint8",
    fill=255,
    scale_factor=1.0,
    units="1",
    long_name="Overpasses of the day that have a value, flagged or not",
    standard_name="number_of_observations",
    valid_range=(0, 254),
)
"""0 where the cell was seen but has no value; nodata where it was not seen."""

TIME_OFFSET = Layer(
    name="time_offset",
    dtype="int16",
    fill=-32768,
    scale_factor=1.0,
    units="min",
    long_name="Minutes from 00 UTC of the day to the acquisition",
    valid_range=(0, 1440),
)
"""Nodata where there is no value."""

DAILY_LAYERS = (*LAYERS, N_OBS, TIME_OFFSET)
"""In the order in which they are written."""

_MOST = 254


def pack_daily(observations: Observations, merged: Merged) -> Mapping[Layer, NDArray[Any]]:
    """All layers of the daily level as stored integers, each (y, x)."""
    seen = merged.sm_quality != QUALITY_NODATA
    count = np.minimum(observations.valued.sum(axis=0), _MOST)
    valued = np.isfinite(merged.sm)
    return {
        SM: pack(merged.sm, SM),
        SM_UNCERTAINTY: pack(np.where(valued, merged.sm_uncertainty, np.nan), SM_UNCERTAINTY),
        SM_QUALITY: merged.sm_quality,
        N_OBS: pack(np.where(seen, count, np.nan), N_OBS),
        TIME_OFFSET: pack(merged.time_s / 60.0, TIME_OFFSET),
    }
