"""The soil-moisture ramp as matplotlib wants it."""

from __future__ import annotations

from matplotlib.colors import LinearSegmentedColormap

from smmap.sinks.ramp import RAMP

SM_COLOURS = LinearSegmentedColormap.from_list("soil-moisture", RAMP)
"""Dry to wet, over ``smmap.sinks.ramp.SM_LIMITS``."""
