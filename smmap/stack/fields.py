"""Coarse sources onto a block: joined in time on their own pixels, then interpolated smoothly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from threading import Lock

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from smmap.features.accumulation import compute_rates
from smmap.spec.band import Band
from smmap.spec.errors import ConfigError, SceneError
from smmap.spec.join import Join
from smmap.spec.scene import Scene
from smmap.spec.tile import Block
from smmap.stack.average import average
from smmap.stack.earth_engine import get_grid
from smmap.stack.kept import Kept
from smmap.stack.patch import Patch, Window, compute_patch
from smmap.stack.positions import compute_positions
from smmap.stack.raster import load_windows
from smmap.stack.resample import Source, resample
from smmap.stack.scene_errors import blame
from smmap.stack.series import join_in_strips
from smmap.stack.steps import Steps, load_steps
from smmap.store.open_cube import open_cube

Array = NDArray[np.float32]
KEPT_BYTES = 128 * 2**20
"""What one FieldBlock remembers of scenes and joined fields; the longest unused goes first."""


class FieldBlock:
    """One source over one block: each scene is read once for all the overpasses that use it.

    The block may be a whole tile that several threads read parts of; the longer it lives, the
    fewer reads. Values depend on the tile's grid and the scenes alone, never on the block.

    Parameters
    ----------
    block
        In tile pixels.
    kept_bytes
        Bound of its memory, besides that of one series.
    """

    def __init__(self, block: Block, kept_bytes: int = KEPT_BYTES) -> None:
        self.block = block
        self._patches: dict[str, Patch] = {}
        self._steps: Kept[Steps] = Kept(kept_bytes * 3 // 4)
        self._joined: Kept[Array] = Kept(kept_bytes // 4)
        self._lock = Lock()

    def load(
        self,
        scenes: Sequence[Scene],
        band: str,
        join: Join | None,
        moment: datetime,
        part: Block | None = None,
    ) -> Array:
        """A band at an overpass.

        Parameters
        ----------
        scenes
            All that the rule may look at; none: nothing is known. Of a static source those that
            come first are taken first, later ones fill what is left open.
        band
            Canonical name.
        join
            The rule; None: the source is static.
        moment
            Of the overpass.
        part
            Which part of the block is wanted; None: all of it.

        Returns
        -------
        float32 array (h, w)
            In the band's units; NaN where the source's own pixel has no value.

        Raises
        ------
        SceneError, TransientError
            With the scene's id, if one cannot be used or had.
        ConfigError
            If a source that is not static has no rule, or its amounts are not accumulated as its
            definition says.
        """
        part = part or self.block
        if not scenes:
            return np.full(part.shape, np.nan, np.float32)
        if join is None and not all(one.definition.static for one in scenes):
            raise ConfigError(
                f"'{band}' of '{scenes[0].definition.id}' changes with time: name a 'join' in the "
                "model card's input"
            )
        with self._lock:
            patch = self._find_patch(scenes, band)
            key = (band, join.key if join else "", moment if join else None)
            joined = self._joined.get((key, tuple(one.id for one in scenes)))
            if joined is None and patch.height:
                joined = self._join(scenes, band, join, moment, patch)
                self._joined.put((key, tuple(one.id for one in scenes)), joined, joined.nbytes)
        if joined is None:
            return np.full(part.shape, np.nan, np.float32)
        cells, fine = patch.cells, part.refine(patch.factor)
        source = Source(joined, (patch.top, patch.left), cells.shape)
        positions = compute_positions(fine, cells.transform, cells.crs, cells.shape)
        values = resample(source, positions, scenes[0].bands[band].resampling).values
        return average(values, patch.factor)[0] if patch.factor > 1 else values

    def _find_patch(self, scenes: Sequence[Scene], band: str) -> Patch:
        if band not in self._patches:
            scene = min(scenes, key=lambda one: one.id)
            with blame(scene):
                crs, transform = _read_grid(scene.bands[band])
                self._patches[band] = compute_patch(crs, transform, self.block)
        return self._patches[band]

    def _join(
        self,
        scenes: Sequence[Scene],
        band: str,
        join: Join | None,
        moment: datetime,
        patch: Patch,
    ) -> Array:
        known: dict[str, Steps | None] = {one.id: self._steps.get((band, one.id)) for one in scenes}
        accumulated = scenes[0].definition.bands[band].accumulated
        unread = [one for one in scenes if known[one.id] is None]
        for scene, fresh in load_steps(unread, band, patch):
            if accumulated == "from 00 UTC":
                _check_amounts(fresh, scene.bands[band])
            known[scene.id] = fresh
            self._steps.put((band, scene.id), fresh, fresh.values.nbytes)
        if join is None:
            return _lay([steps for one in scenes if (steps := known[one.id]) is not None])
        # Of two scenes of one moment the later id, which is that of the later processing, counts.
        latest = sorted(scenes, key=lambda one: one.id, reverse=True)
        ordered = [known[one.id] for one in latest]
        with blame(scenes[0]):
            return join_in_strips(
                [one for one in ordered if one is not None], join, moment, accumulated
            )


def _check_amounts(steps: Steps, band: Band) -> None:
    """What is no amount since 00 UTC shows on wet days alone: without them all days were dry.

    So it stops everything, and does not cost its scene.
    """
    try:
        compute_rates(steps.values, steps.times)
    except SceneError as error:
        reason = f"{band.href}: '{band.name}': {error}"
    else:
        return
    raise ConfigError(reason)


def _lay(steps: Sequence[Steps]) -> Array:
    """Static scenes on top of each other, the first one uppermost."""
    field = np.full(steps[0].values.shape[1:], np.nan, np.float32)
    for one in steps:
        for layer in one.values:
            np.copyto(field, layer, where=~np.isfinite(field))
    return field


def _read_grid(band: Band) -> tuple[str, Affine]:
    """Coordinate system and transform of a scene's file."""
    if band.reader in ("netcdf", "zarr"):
        cube = open_cube(
            band.href, str(band.variable), band.reader, band.sign, band.requests_per_second
        )
        return cube.crs, cube.transform
    if band.reader == "earth-engine":
        crs, transform, _ = get_grid(band)
        return crs, transform
    found: list[tuple[str, Affine]] = []

    def note(crs: str, transform: Affine, shape: tuple[int, int]) -> list[Window]:  # noqa: ARG001
        found[:] = [(crs, transform)]
        return []

    load_windows(band, note)
    return found[0]
