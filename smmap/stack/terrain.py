"""Elevation, slope and aspect on a block."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smmap.features.terrain import compute_slope, compute_slope_aspect
from smmap.grid.ground import compute_spacing
from smmap.spec.scene import Scene
from smmap.spec.tile import Block
from smmap.stack.average import average
from smmap.stack.load_band import load_band
from smmap.stack.read_ahead import read_ahead
from smmap.stack.scene_errors import blame

Array = NDArray[np.float32]


def load_terrain(
    scenes: Sequence[Scene], block: Block, factor: int, *, aspect: bool = True
) -> dict[str, Array]:
    """``elevation`` (m), ``slope_deg`` and ``aspect_deg``, each (h, w), NaN where unknown.

    Scenes are taken in order: a later one fills what the earlier ones leave open. Slope is taken
    on working pixels and then averaged; the aspect of a tile pixel is the direction of the mean
    of its working pixels' unit vectors; where ``aspect`` is False there is none.
    """
    working = block.refine(factor)
    wide = working.pad(1)
    elevation = np.full(wide.shape, np.nan, np.float32)
    with read_ahead((scene.bands["elevation"], wide) for scene in scenes):
        for scene in scenes:
            with blame(scene):
                values = load_band(scene.bands["elevation"], wide).values
            np.copyto(elevation, values, where=~np.isfinite(elevation))
    down, across = compute_spacing(working)
    layers = {"elevation": average(elevation[working.within(wide)], factor)[0]}
    if not aspect:
        slope = compute_slope(elevation, down, across)
        return layers | {"slope_deg": average(slope, factor)[0]}
    slope, facing = compute_slope_aspect(elevation, down, across)
    return layers | {
        "slope_deg": average(slope, factor)[0],
        "aspect_deg": _average_direction(facing, factor),
    }


def _average_direction(degrees: Array, factor: int) -> Array:
    turned = np.radians(degrees)
    east, _ = average(np.sin(turned), factor)
    north, _ = average(np.cos(turned), factor)
    mean = np.degrees(np.arctan2(east, north)) % np.float32(360)
    return mean % np.float32(360)  # a tiny negative angle rounds to 360 the first time
