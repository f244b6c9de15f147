"""The ellipsoid incidence angle of a radar scene, from the best source there is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from smmap.features.incidence import compute_incidence
from smmap.grid.ground import compute_lonlat_at
from smmap.spec.errors import SceneError
from smmap.spec.scene import Scene
from smmap.spec.tile import Block
from smmap.stack.annotation import is_annotation_usable, load_annotation_angle
from smmap.stack.lattice import Doubles, Lattice, compute_positions_between
from smmap.stack.load_band import load_band

AngleSource = Literal["asset", "annotation", "orbit", "mean"]

_TOLERANCE_DEG = 1e-6
"""Between points where the angle is computed; the formulas themselves are good to 0.1 degrees."""
_SMALL_M = 20_000.0
"""Across 20 km of ground the angle changes by little more than 1 degree."""


def choose_angle_source(scene: Scene, choice: str) -> AngleSource:
    """What the angle of ``scene`` will come from; ``choice`` is the recipe's ``radar.angle``.

    ``auto`` takes the best there is. For that it reads the annotation once: one that cannot be
    used is passed over with a warning where the orbit or the mean can stand in.

    Raises
    ------
    SceneError
        If there is nothing to take it from: never a silent constant.
    TransientError
        If the annotation cannot be had at the moment.
    """
    tracked = scene.orbit_state is not None and (
        scene.mean_incidence_deg is not None or scene.relative_orbit is not None
    )
    there: dict[AngleSource, bool] = {
        "asset": "incidence" in scene.bands,
        "annotation": scene.annotation is not None,
        "orbit": tracked,
        "mean": scene.mean_incidence_deg is not None and scene.span_m < _SMALL_M,
    }
    if choice == "auto" and not there["asset"] and (there["orbit"] or there["mean"]):
        there["annotation"] = _has_usable_annotation(scene)
    for source, available in there.items():
        if available and choice in ("auto", source):
            return source
    raise SceneError(
        f"scene {scene.id}: no incidence angle (radar.angle: {choice}): it has no angle asset, "
        "annotation, or orbit state with a mean angle or relative orbit",
        scene.id,
    )


def _has_usable_annotation(scene: Scene) -> bool:
    return scene.annotation is not None and is_annotation_usable(
        scene.annotation, scene.definition.sign, scene.definition.requests_per_second
    )


def load_incidence(scene: Scene, block: Block, choice: str) -> NDArray[np.float32]:
    """Ellipsoid incidence angle on the block, degrees, (h, w)."""
    source = choose_angle_source(scene, choice)
    if source == "asset":
        return load_band(scene.bands["incidence"], block).values
    if source == "mean":
        return np.full(block.shape, scene.mean_incidence_deg, dtype=np.float32)
    place = _choose_formula(scene, source)

    def compute(rows: Doubles, cols: Doubles) -> Doubles:
        return place(*compute_lonlat_at(block, rows, cols))[None]

    angle = compute_positions_between(block, compute, _TOLERANCE_DEG)
    degrees = angle.compute_single() if isinstance(angle, Lattice) else angle
    return np.asarray(degrees[0], np.float32)


def _choose_formula(scene: Scene, source: AngleSource) -> Callable[[Doubles, Doubles], Doubles]:
    """The angle from longitude and latitude, degrees."""
    if source == "annotation":
        return load_annotation_angle(
            str(scene.annotation), scene.definition.sign, scene.definition.requests_per_second
        ).compute
    mean = scene.mean_incidence_deg
    return partial(
        compute_incidence,
        orbit_state=scene.orbit_state or "ascending",
        anchor=None if mean is None else (*scene.centre, mean),
        relative_orbit=scene.relative_orbit,
    )
