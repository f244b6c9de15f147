"""Sentinel-2 onto a block: clear reflectance, joined to an overpass in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from smmap.features.temporal import compute_median, compute_nearest
from smmap.spec.recipe import Optical
from smmap.spec.scene import Scene
from smmap.spec.tile import Block
from smmap.stack.average import average
from smmap.stack.raster import load_band
from smmap.stack.scene_errors import blame

Array = NDArray[np.float32]
_SECONDS_A_DAY = 86_400.0


@dataclass
class OpticalBlock:
    """The optical scenes of one block, each read once for all the overpasses that use it."""

    block: Block
    """In tile pixels."""
    factor: int
    """Working pixels along a tile pixel's side."""
    bands: tuple[str, ...]
    """Canonical reflectance bands to load."""
    options: Optical
    """The recipe's optical choices."""
    _read: dict[str, tuple[Array, NDArray[np.bool_]]] = field(default_factory=dict)

    def load_layers(self, scenes: Sequence[Scene], moment: datetime) -> dict[str, Array]:
        """Reflectances, ``water``, ``snow`` and ``optical_age_days`` at an overpass.

        Only scenes within the recipe's window may be given. Age is the scene's time minus the
        overpass's, in days; NaN everywhere where no scene was clear.
        """
        names = (*self.bands, "water", "snow")
        if not scenes:
            nothing = np.full(self.block.shape, np.nan, np.float32)
            return {name: nothing.copy() for name in (*names, "optical_age_days")}
        ages = np.array([(one.datetime - moment).total_seconds() for one in scenes])
        pairs = [self._load_clear(scene) for scene in scenes]
        values = np.stack([pair[0] for pair in pairs])
        valid = np.stack([pair[1] for pair in pairs])
        join = compute_nearest if self.options.join == "nearest" else compute_median
        joined, age = join(values, valid, ages / _SECONDS_A_DAY)
        layers = {
            name: average(band, self.factor)[0] for name, band in zip(names, joined, strict=True)
        }
        layers["optical_age_days"] = average(age, self.factor)[0]
        return layers

    def forget_before(self, moment: datetime, scenes: Sequence[Scene]) -> None:
        """Drop scenes that no later overpass can use: memory follows the window, not the span."""
        for scene in scenes:
            if (
                moment - scene.datetime
            ).total_seconds() > self.options.window_days * _SECONDS_A_DAY:
                self._read.pop(scene.id, None)

    def _load_clear(self, scene: Scene) -> tuple[Array, NDArray[np.bool_]]:
        """Bands, water and snow (n, h, w) on working pixels, and where all of them are clear."""
        if scene.id not in self._read:
            with blame(scene):
                self._read[scene.id] = self._load_scene(scene)
        return self._read[scene.id]

    def _load_scene(self, scene: Scene) -> tuple[Array, NDArray[np.bool_]]:
        classes = scene.definition.classes
        working = self.block.refine(self.factor)
        kind = load_band(scene.bands[classes.band if classes else "scl"], working).values
        clear = np.isin(kind, classes.clear if classes else ())
        bands = [load_band(scene.bands[name], working).values for name in self.bands]
        surface = [
            np.isin(kind, of).astype(np.float32)
            for of in ((classes.water, classes.snow) if classes else ((), ()))
        ]
        values = np.stack([*bands, *surface])
        return values, clear & np.isfinite(values).all(axis=0)
