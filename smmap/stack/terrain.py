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
    scenes: Sequence[Scene], block: Block, factor: int, *, facing: bool = True
) -> dict[str, Array]:
    """``elevation`` (m), ``slope_deg``, and where the ground faces, each (h, w), NaN where unknown.

    Scenes are taken in order: a later one fills what the earlier ones leave open. Slope is taken
    on working pixels and then averaged. ``eastness`` and ``northness`` are means of sine and
    cosine of the working pixels' aspects, to which flat ones add 0; ``aspect_deg`` is the
    direction of the mean over those that are not flat, and NaN where all are. Where ``facing`` is
    False these three are left out.
    """
    working = block.refine(factor)
    wide = working.pad(1)
    elevation: Array | None = None
    with read_ahead((scene.bands["elevation"], wide) for scene in scenes):
        for scene in scenes:
            with blame(scene):
                values = load_band(scene.bands["elevation"], wide).values
            if elevation is None:
                elevation = values
            else:
                np.copyto(elevation, values, where=~np.isfinite(elevation))
    if elevation is None:
        elevation = np.full(wide.shape, np.nan, np.float32)
    down, across = compute_spacing(working)
    layers = {"elevation": average(elevation[working.within(wide)], factor)[0]}
    if not facing:
        slope = compute_slope(elevation, down, across)
        return layers | {"slope_deg": average(slope, factor)[0]}
    slope, aspect = compute_slope_aspect(elevation, down, across)
    layers["slope_deg"] = average(slope, factor)[0]
    flat = np.isnan(aspect) & ~np.isnan(slope)
    return layers | _average_direction(aspect, flat, factor)


def _average_direction(aspect_deg: Array, flat: NDArray[np.bool_], factor: int) -> dict[str, Array]:
    turned = np.radians(aspect_deg)
    parts = {"eastness": np.sin(turned), "northness": np.cos(turned)}
    east, north = (average(one, factor)[0] for one in parts.values())
    mean = np.degrees(np.arctan2(east, north)) % np.float32(360)
    # A tiny negative angle rounds to 360 the first time.
    found = {"aspect_deg": mean % np.float32(360)}
    zero = np.float32(0)
    return found | {
        name: average(np.where(flat, zero, one), factor)[0] for name, one in parts.items()
    }
