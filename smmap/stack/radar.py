"""Sentinel-1 onto a block: calibrated, eroded, despeckled, averaged in linear power."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from smmap.features.decibel import to_db, to_power
from smmap.features.looks import compute_effective_looks, compute_lee_kept
from smmap.features.radiometry import compute_sigma0
from smmap.features.speckle import filter_boxcar, filter_lee, filter_quegan
from smmap.features.swath import compute_eroded, compute_halo
from smmap.spec.band import Band
from smmap.spec.definition import Definition
from smmap.spec.errors import SceneError
from smmap.spec.recipe import Radar
from smmap.spec.scene import Scene
from smmap.spec.tile import Block
from smmap.stack.average import average
from smmap.stack.incidence import load_incidence
from smmap.stack.load_band import load_band
from smmap.stack.read_ahead import read_ahead
from smmap.stack.scene_errors import blame

Array = NDArray[np.floating]
Bools = NDArray[np.bool_]
Pass = Sequence[Scene]
"""The scenes of one overpass."""
Aggregation = Literal["mean_power", "mean_db"]
"""How a model card says that pixels became cells."""

ENOUGH_LOOKS = 50.0
"""An inversion wants about this many looks; a cell that averages them needs no filter."""


@dataclass(frozen=True)
class RadarGrid:
    """How scenes, working pixels and tile pixels relate."""

    factor: int
    """Working pixels along a tile pixel's side."""
    pixel_m: float
    """Working pixel size, metres."""


def is_filtered(grid: RadarGrid, definition: Definition, radar: Radar) -> bool:
    """Whether a speckle filter runs: not where averaging alone gives enough looks."""
    looks, cell_m = _get_speckle(grid, definition)
    averaged = compute_effective_looks(looks, 1, grid.factor, grid.pixel_m, cell_m)
    return radar.despeckle.method != "none" and averaged < ENOUGH_LOOKS


def compute_resolution(
    grid: RadarGrid, definition: Definition, radar: Radar, dates: int = 1
) -> tuple[float, float]:
    """Equivalent looks on homogeneous ground, and the side in metres of what a value mixes.

    ``dates`` is how many overpasses enter, the mapped one with them; only the multi-temporal
    filter asks for it.
    """
    looks, cell_m = _get_speckle(grid, definition)
    window, kept = 1, 0.0
    if is_filtered(grid, definition, radar):
        window = radar.despeckle.window
        if radar.despeckle.method == "lee":
            kept = compute_lee_kept(looks, window, grid.pixel_m, cell_m)
        elif radar.despeckle.method == "quegan":
            kept = 1.0 / dates
    side_m = (window + grid.factor - 1) * grid.pixel_m
    reached = compute_effective_looks(looks, window, grid.factor, grid.pixel_m, cell_m, kept=kept)
    return reached, max(side_m, *cell_m)


def _get_speckle(grid: RadarGrid, definition: Definition) -> tuple[float, tuple[float, float]]:
    """Looks of one pixel and the resolution in metres; unknown: one look, that of the pixels."""
    return definition.looks or 1.0, definition.cell or (grid.pixel_m, grid.pixel_m)


def load_radar(
    passes: Sequence[Pass],
    block: Block,
    grid: RadarGrid,
    radar: Radar,
    aggregation: Aggregation = "mean_power",
) -> dict[str, Array]:
    """Layers of the last overpass of ``passes`` on a tile's block.

    Parameters
    ----------
    passes
        The overpass to map, last; before it, for the multi-temporal filter, earlier ones of
        the same orbit.
    block
        In tile pixels.
    aggregation
        How working pixels become tile pixels: ``mean_power``, or ``mean_db``, the power of their
        mean in decibels. Power that is not positive has no decibels and is left out of that
        mean; where no working pixel has any, the mean power stands.

    Returns
    -------
    dict
        ``sigma0_vv`` and, where served, ``sigma0_vh`` (linear power), ``incidence_deg``,
        ``radar_weight`` (share of each pixel's working pixels with a value); each (h, w), NaN
        where nothing was seen.
    """
    definition = passes[-1][0].definition
    filtered = is_filtered(grid, definition, radar)
    window = radar.despeckle.window if filtered else 1
    working = block.refine(grid.factor)
    wide = working.pad(window // 2)
    dates = passes if filtered and radar.despeckle.method == "quegan" else passes[-1:]
    with read_ahead(_list_reads(dates, wide, radar)):
        seen = [_load_pass(one, wide, radar) for one in dates]
    inner = working.within(wide)
    layers: dict[str, Array] = {}
    for name in [key for key in ("sigma0_vv", "sigma0_vh") if key in seen[-1]]:
        power = seen[-1][name][inner]
        if filtered:
            unseen = np.broadcast_to(np.float32(np.nan), wide.shape)
            powers = [date.get(name, unseen) for date in seen]
            power = _despeckle(powers, radar, definition, single=grid.factor == 1)
        layers[name], weight = _aggregate(power, grid.factor, aggregation)
        if name == "sigma0_vv":
            layers["radar_weight"] = weight
    vv = seen[-1]["sigma0_vv"][inner]
    angle = _keep(np.isfinite(vv), seen[-1]["incidence_deg"][inner])
    layers["incidence_deg"], _ = average(angle, grid.factor)
    return layers


def _list_reads(passes: Sequence[Pass], wide: Block, radar: Radar) -> Iterator[tuple[Band, Block]]:
    """What `_load_pass` reads, in its order."""
    angle = ["incidence"] if radar.angle in ("auto", "asset") else []
    for scene in (scene for one in passes for scene in one):
        for name in (*angle, "vv", "vh"):
            if name in scene.bands:
                yield scene.bands[name], wide.pad(compute_halo(radar.erode))


def _load_pass(scenes: Pass, wide: Block, radar: Radar) -> dict[str, Array]:
    """Slices of one overpass joined, then frayed edges taken off."""
    outer = wide.pad(compute_halo(radar.erode))
    names = [name for name in ("vv", "vh") if any(name in one.bands for one in scenes)]
    joined: dict[str, Array] = {}
    angle: Array = np.empty(0, np.float32)
    covered = np.zeros(outer.shape, dtype=bool)
    for scene in scenes:
        with blame(scene):
            radiometry = scene.definition.radiometry
            if radiometry is None:
                raise SceneError(f"definition '{scene.definition.id}' states no radiometry")
            incidence = load_incidence(scene, outer, radar.angle)
            for name in names:
                if name not in scene.bands:
                    continue
                aligned = load_band(scene.bands[name], outer)
                sigma0, _ = compute_sigma0(aligned.values, incidence, radiometry)
                power, known = np.asarray(sigma0, np.float32), joined.get(f"sigma0_{name}")
                vacant = None if known is None else ~np.isfinite(known)
                joined[f"sigma0_{name}"] = _fill(known, vacant, power)
                if name == "vv":
                    covered |= aligned.covered
                    angle = _fill(angle, vacant, incidence)
    valid = compute_eroded(np.isfinite(joined["sigma0_vv"]), covered, radar.erode)
    inner = wide.within(outer)
    layers = {name: _keep(valid[inner], power[inner]) for name, power in joined.items()}
    layers["incidence_deg"] = angle[inner]
    return layers


def _keep(valid: Bools, values: Array) -> Array:
    """Values where they are valid, NaN elsewhere; the very same where all are."""
    return values if valid.all() else np.where(valid, values, np.nan)


def _fill(known: Array | None, vacant: Bools | None, values: Array) -> Array:
    """What is known already, and what is new where that is vacant; None: nothing is known yet."""
    return values if known is None or vacant is None else np.where(vacant, values, known)


def _aggregate(power: Array, factor: int, aggregation: Aggregation) -> tuple[Array, Array]:
    """Cells in linear power, and the share of each that has a value."""
    mean, weight = average(power, factor)
    if aggregation == "mean_power" or factor == 1:
        return mean, weight
    in_db = to_power(average(to_db(power), factor)[0]).astype(np.float32)
    return np.where(np.isfinite(in_db), in_db, mean), weight


def _despeckle(
    dates: Sequence[Array], radar: Radar, definition: Definition, *, single: bool
) -> Array:
    """What the last date is, filtered, without the halo that the filter needs."""
    window = radar.despeckle.window
    halo = window // 2
    if radar.despeckle.method == "lee":
        looks = definition.looks or 1.0
        return filter_lee(dates[-1], window, looks, single=single, margin=halo)
    height, width = dates[-1].shape
    inner = np.s_[halo : height - halo, halo : width - halo]
    if radar.despeckle.method == "boxcar":
        return filter_boxcar(dates[-1], window)[inner]
    return filter_quegan(np.stack(dates), window)[inner]
