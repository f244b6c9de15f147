"""How a unit was made: what its item says of the way from the scenes to the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from smmap.pipeline.context import Context
from smmap.pipeline.needs import find_flag_source
from smmap.pipeline.run_state import RunState
from smmap.spec.scene import Scene
from smmap.stack.incidence import choose_angle_source
from smmap.stack.radar import compute_resolution, is_filtered


class Making(TypedDict):
    """Fields of ``ItemFacts``."""

    lineage: str
    effective_looks: float
    effective_resolution_m: float
    provider: dict[str, str]
    attribution: tuple[str, ...]
    licences: tuple[str, ...]


def describe_making(passes: Sequence[Sequence[Scene]], run: RunState) -> Making:
    """Lineage, looks, resolution, engine and sources' terms of a unit, from its radar scenes.

    ``passes`` are its overpass, last, and the earlier ones that the multi-temporal filter takes.
    """
    context, placement = run.context, run.model.placement
    first = passes[-1][0]
    looks, resolution = compute_resolution(
        context.radar_grid, first.definition, run.recipe.radar, dates=len(passes)
    )
    return {
        "lineage": describe_lineage(first, run),
        "effective_looks": round(looks, 1),
        "effective_resolution_m": round(resolution, 1),
        "provider": {
            "asked": placement.asked,
            "got": placement.got,
            "engine": placement.engine,
        },
        "attribution": list_attributions(context),
        "licences": tuple(sorted({one.licence for one in context.definitions.values()})),
    }


def list_attributions(context: Context) -> tuple[str, ...]:
    """What the sources of a run ask a product to say, each once."""
    return tuple(sorted({one.attribution for one in context.definitions.values()}))


def describe_lineage(first: Scene, run: RunState) -> str:
    """One sentence: radiometry, filter, angle, optical join, model."""
    recipe, context = run.recipe, run.context
    despeckle = recipe.radar.despeckle
    filtered = is_filtered(context.radar_grid, first.definition, recipe.radar)
    smoothing = f"{despeckle.method} filter {despeckle.window} x {despeckle.window}"
    scale = "dB" if run.card.aggregation == "mean_db" else "linear power"
    averaging = f"mean of {context.factor} x {context.factor} pixels in {scale}"
    parts = [
        f"Sentinel-1 as {context.radar_meaning} ({first.definition.id})",
        smoothing if filtered else "no speckle filter",
        *([averaging] if context.factor > 1 else []),
        f"incidence angle from {choose_angle_source(first, recipe.radar.angle)}",
    ]
    if find_flag_source(context.definitions) is not None:
        optical = recipe.optical
        parts.append(f"optical {optical.join} within {optical.window_days:g} days")
    parts += [
        f"{key}: {one.band}{f' by {one.join.key}' if one.join else ''}"
        for key, asked in sorted(context.requests.items())
        for one in asked
    ]
    if run.card.history is not None:
        steps, days = run.card.history.overpasses, run.card.history.days
        parts.append(f"the last {steps} overpasses within {days:g} days")
    return f"{'; '.join(parts)}; model {run.card.name} {run.card.version}"
