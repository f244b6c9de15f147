"""What a model with windows sees of one unit: an image a branch over a part's surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smmap.features.builder import (
    Features,
    compute_features,
    compute_requests,
    compute_required_layers,
)
from smmap.pipeline.branches import BranchInputs, find_ground
from smmap.spec.recipe import Despeckle
from smmap.spec.tile import Block
from smmap.spec.unit import Unit
from smmap.stack.radar import load_radar

_OF_RADAR = frozenset(("sigma0_vv", "sigma0_vh", "incidence_deg"))


@dataclass(frozen=True)
class Image:
    """One branch over a part's cells and what lies around them."""

    inputs: BranchInputs
    """Of the branch."""
    features: Features
    """In the branch's pixels."""


def load_images(unit: Unit, cells: Block, branches: Sequence[BranchInputs]) -> tuple[Image, ...]:
    """Align a unit's scenes onto each branch's pixels and derive its inputs there.

    Backscatter is not despeckled: the network averages by itself.

    Parameters
    ----------
    cells
        A part of what ``branches`` were opened for. Mapping takes whole chunks of a tile, samples
        the one cell around a station.
    """
    images = []
    for one in branches:
        ground = find_ground(cells, one.branch, one.windows)
        images.append(Image(one, compute_features(one.card, _load_layers(unit, ground, one))))
    return tuple(images)


def _load_layers(unit: Unit, part: Block, inputs: BranchInputs) -> dict[str, NDArray[np.float32]]:
    moment, scenes = unit.overpass.datetime, inputs.scenes
    window = part.within(inputs.block)
    layers = {name: values[window] for name, values in inputs.static.items()}
    if compute_required_layers(inputs.card) & _OF_RADAR:
        plain = {"despeckle": Despeckle(method="none")}
        radar = inputs.context.recipe.radar.model_copy(update=plain)
        passes = scenes.get_passes(unit)[-1:]
        layers |= load_radar(passes, part, inputs.radar_grid, radar, inputs.card.aggregation)
    for key, optical in inputs.optical.items():
        found = scenes.get_scenes(unit, key)
        if optical.bands:
            layers |= optical.load_layers(found, moment, part)
        if optical.requests:
            layers |= optical.load_requests(found, moment, part)
    requests = compute_requests(inputs.card)
    for key, field in inputs.fields.items():
        found = scenes.get_scenes(unit, key)
        for one in requests:
            if one.source == key:
                layers[one.name] = field.load(found, one.band, one.join, moment, part)
    return layers
