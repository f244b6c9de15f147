"""Shares of water, built-up and barren ground on a block, from a map of land cover."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smmap.spec.scene import Scene
from smmap.spec.tile import Block
from smmap.stack.average import average
from smmap.stack.load_band import load_band
from smmap.stack.read_ahead import read_ahead
from smmap.stack.scene_errors import blame

GROUNDS = ("water", "built_up", "barren")
"""What there is a share of."""


def load_land_cover(
    scenes: Sequence[Scene], block: Block, factor: int
) -> dict[str, NDArray[np.float32]]:
    """Shares of each pixel, 0..1, of those of its working pixels whose class is known.

    Parameters
    ----------
    scenes
        Taken in order: a later one fills what the earlier ones leave open. Their definition's
        ``surfaces`` say which classes are what.
    block
        In tile pixels.
    factor
        Working pixels along a tile pixel's side.

    Returns
    -------
    dict
        ``land_cover:water``, ``land_cover:built_up`` and ``land_cover:barren``, each (h, w);
        NaN where no class is known, or where the definition names no classes for it.
    """
    working = block.refine(factor)
    shares = {ground: np.full(working.shape, np.nan, np.float32) for ground in GROUNDS}
    vacant = np.ones(working.shape, bool)
    with read_ahead((scene.bands["land_cover"], working) for scene in scenes):
        for scene in scenes:
            with blame(scene):
                kind = load_band(scene.bands["land_cover"], working).values
            filled = vacant & np.isfinite(kind)
            for ground, classes in scene.definition.surfaces.items():
                shares[ground][filled] = np.isin(kind[filled], classes)
            vacant &= ~filled
    return {f"land_cover:{name}": average(share, factor)[0] for name, share in shares.items()}
