"""Checks that a Sentinel-2 scene's pixels agree with what its metadata say of the offset.

Earth Search's ``earthsearch:boa_offset_applied`` is known to be wrong at times, and local files
may say nothing, which is taken as no offset. Dark ground decides: applied twice, the offset drives
much of it below zero; never applied, vegetation and water are never darker than 0.1 in red.
"""

from __future__ import annotations

import numpy as np

from smmap.spec.errors import SceneError
from smmap.spec.scene import Scene
from smmap.stack.raster import load_overview
from smmap.stack.scene_errors import blame

_SIDE = 512
_ENOUGH = 50
_OFFSET = 0.1
_MOST_NEGATIVE_SHARE = 0.5


def check_dark_pixels(scene: Scene) -> None:
    """Look at a thinned copy of the whole scene, so that every block comes to the same answer.

    Raises
    ------
    SceneError
        If dark pixels contradict the metadata: the scene is to be left out.
    """
    classes = scene.definition.classes
    if not scene.check_dark_pixels or classes is None or "red" not in scene.bands:
        return
    with blame(scene):
        red = load_overview(scene.bands["red"], _SIDE)
        kind = load_overview(scene.bands[classes.band], _SIDE)
        if red.shape != kind.shape:
            rows = np.arange(red.shape[0]) * kind.shape[0] // red.shape[0]
            cols = np.arange(red.shape[1]) * kind.shape[1] // red.shape[1]
            kind = kind[np.ix_(rows, cols)]
        dark = red[np.isin(kind, classes.dark) & np.isfinite(red)]
        if dark.size < _ENOUGH:
            return
        negative = float((dark < 0).mean())
        if negative > _MOST_NEGATIVE_SHARE:
            raise SceneError(
                f"scene {scene.id}: {negative:.0%} of its dark pixels are below zero: the "
                "baseline offset was applied already, although its metadata say it was not"
            )
        darkest = float(np.quantile(dark, 0.05))
        if darkest >= _OFFSET:
            raise SceneError(
                f"scene {scene.id}: its dark pixels start at {darkest:.2f}: the baseline offset "
                "was not applied, although its metadata say it was, or say nothing; leave it out, "
                "or state raster:offset"
            )
