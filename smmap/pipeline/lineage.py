"""How a unit was made, in words and in the few numbers that its item carries."""

from __future__ import annotations

import math

from smmap.pipeline.run_state import RunState
from smmap.spec.scene import Scene
from smmap.spec.tile import Block
from smmap.stack.incidence import choose_angle_source, load_incidence
from smmap.stack.radar import is_filtered


def describe_lineage(first: Scene, run: RunState) -> str:
    """One sentence: radiometry, filter, angle, optical join, model."""
    recipe, context = run.recipe, run.context
    despeckle = recipe.radar.despeckle
    filtered = is_filtered(context.radar_grid, first.definition, recipe.radar)
    smoothing = f"{despeckle.method} filter {despeckle.window} x {despeckle.window}"
    averaging = f"mean of {context.factor} x {context.factor} pixels in linear power"
    parts = [
        f"Sentinel-1 as {context.radar_meaning} ({first.definition.id})",
        smoothing if filtered else "no speckle filter",
        *([averaging] if context.factor > 1 else []),
        f"incidence angle from {choose_angle_source(first, recipe.radar.angle)}",
    ]
    if "sentinel2" in context.definitions:
        optical = recipe.optical
        parts.append(f"optical {optical.join} within {optical.window_days:g} days")
    return f"{'; '.join(parts)}; model {run.card.name} {run.card.version}"


def find_incidence(first: Scene, area: Block, run: RunState) -> float | None:
    """Incidence angle at the middle of the area, degrees; None where the scene has none there."""
    middle = Block(area.geobox, area.row + area.height // 2, area.col + area.width // 2, 1, 1)
    angle = float(load_incidence(first, middle, run.recipe.radar.angle)[0, 0])
    return round(angle, 2) if math.isfinite(angle) else None
