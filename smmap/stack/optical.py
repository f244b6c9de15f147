"""Sentinel-2 onto a block: clear reflectance, joined to an overpass in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from smmap.features.temporal import compute_median, compute_nearest
from smmap.spec.recipe import Optical
from smmap.spec.scene import Scene
from smmap.spec.tile import Block
from smmap.stack.average import average
from smmap.stack.load_band import load_band
from smmap.stack.scene_errors import blame

Array = NDArray[np.float32]
_SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True)
class _Clear:
    """One scene on working pixels."""

    moment: datetime
    values: Array
    """(bands + water + snow, h, w)."""
    valid: NDArray[np.bool_]
    """(h, w): clear, and every band has a value."""


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
    _read: dict[str, _Clear] = field(default_factory=dict)

    def load_layers(
        self, scenes: Sequence[Scene], moment: datetime, part: Block | None = None
    ) -> dict[str, Array]:
        """Reflectances and what else the optical scenes say at an overpass.

        Overpasses must come in order of time: scenes that no later one can use are forgotten, so
        that memory follows the window and not the span.

        Parameters
        ----------
        scenes
            Only scenes within the recipe's window.
        moment
            Of the overpass.
        part
            Which part of the block is wanted; None: all of it.

        Returns
        -------
        dict
            The bands (reflectance), ``water`` and ``snow`` (share of the pixel, 0..1),
            ``optical_age_days`` (mean distance in time, without a sign) and
            ``optical_stale_share`` (share of the pixel whose scene is further off than the
            recipe allows), each (h, w); NaN where no scene was clear.
        """
        part = part or self.block
        names = (*self.bands, "water", "snow")
        extra = ("optical_age_days", "optical_stale_share")
        if not scenes:
            return {name: np.full(part.shape, np.nan, np.float32) for name in (*names, *extra)}
        window = part.refine(self.factor).within(self.block.refine(self.factor))
        loaded = [self._load_clear(scene) for scene in scenes]
        ages = np.array([(one.moment - moment).total_seconds() for one in loaded]) / _SECONDS_A_DAY
        join = compute_nearest if self.options.join == "nearest" else compute_median
        joined, age = join(
            np.stack([one.values[:, *window] for one in loaded]),
            np.stack([one.valid[window] for one in loaded]),
            ages,
        )
        distance = np.abs(age)
        stale = np.where(np.isnan(age), np.nan, distance > self.options.stale_days)
        layers = zip((*names, *extra), (*joined, distance, stale), strict=True)
        self._forget(moment)
        return {name: average(values, self.factor)[0] for name, values in layers}

    def _forget(self, moment: datetime) -> None:
        """Drop scenes so far back that no overpass from now on can use them."""
        oldest = moment - timedelta(days=self.options.window_days)
        self._read = {key: one for key, one in self._read.items() if one.moment >= oldest}

    def _load_clear(self, scene: Scene) -> _Clear:
        if scene.id not in self._read:
            with blame(scene):
                self._read[scene.id] = self._load_scene(scene)
        return self._read[scene.id]

    def _load_scene(self, scene: Scene) -> _Clear:
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
        return _Clear(scene.datetime, values, clear & np.isfinite(values).all(axis=0))
