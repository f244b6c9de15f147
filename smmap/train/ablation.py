"""A recipe without some of its inputs."""

from __future__ import annotations

from dataclasses import replace

from smmap.features.registry import get_feature
from smmap.features.request import TERRAIN, find_requests
from smmap.spec.card import ModelInput
from smmap.spec.training import TrainingRecipe
from smmap.train.importance import find_columns
from smmap.train.samples import Samples

_OF_OVERPASS = {
    "sigma0_vv": "radar",
    "sigma0_vh": "radar",
    "incidence_deg": "radar",
    "latitude": "place",
    "longitude": "place",
    "day_of_year": "season",
}
"""Layer -> source; backscatter of the soil is radar, whatever else it is made of."""


def list_ablations(recipe: TrainingRecipe, *, sources: bool) -> dict[str, tuple[str, ...]]:
    """What is left out, by name: the recipe's own sets of inputs, and each source's.

    Parameters
    ----------
    sources
        True: each source in turn too, whatever the recipe says; a source that gives all inputs,
        or one that a member cannot be without, is not left out.

    Raises
    ------
    ConfigError
        If an input is no feature that mapping knows.
    """
    found = dict(recipe.ablation.without)
    if not (sources or recipe.ablation.sources):
        return found
    by_source: dict[str, tuple[str, ...]] = {}
    for one in recipe.inputs:
        name = _find_source(one, recipe.name)
        by_source[name] = (*by_source.get(name, ()), one.name)
    needed = set(recipe.needed_inputs)
    return found | {
        name: inputs
        for name, inputs in by_source.items()
        if len(inputs) < len(recipe.inputs) and not needed & set(inputs)
    }


def leave_out(
    recipe: TrainingRecipe, samples: Samples, names: tuple[str, ...]
) -> tuple[TrainingRecipe, Samples]:
    """Recipe and samples without some inputs; the rows stay the same."""
    kept = [i for i, one in enumerate(recipe.inputs) if one.name not in names]
    inputs = tuple(recipe.inputs[i] for i in kept)
    columns = kept
    if recipe.history is not None:  # the age of each step stays
        total = len(recipe.inputs)
        columns = find_columns([*kept, total], total, recipe.history.overpasses)
    fewer = replace(samples, rows=samples.rows[:, columns], values=samples.values[:, kept])
    return recipe.model_copy(update={"inputs": inputs}), fewer


def _find_source(column: ModelInput, where: str) -> str:
    layers = get_feature(column, where).layers
    for layer, source in _OF_OVERPASS.items():
        if layer in layers:
            return source
    if layers & TERRAIN:
        return "terrain"
    if column.source is not None:
        return column.source
    requests = find_requests(column, layers, where)
    return next((one.source for one in requests.values()), "sentinel2")
