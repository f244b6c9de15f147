"""The layers of one unit on one block: everything that features are derived from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.pipeline.blocks import BlockInputs
from smmap.pipeline.run_state import RunState
from smmap.spec.unit import Unit
from smmap.stack.radar import load_radar

Layers = dict[str, NDArray[np.float32]]


def load_layers(unit: Unit, inputs: BlockInputs, run: RunState) -> Layers:
    """Radar, optical and static layers, each (h, w) float32, NaN where nothing was measured."""
    context = run.context
    moment = unit.overpass.datetime
    radar = load_radar(
        inputs.scenes.get_passes(unit), inputs.block, context.radar_grid, context.recipe.radar
    )
    day = np.full(inputs.block.shape, moment.timetuple().tm_yday, np.float32)
    layers = {**inputs.static, **radar, "day_of_year": day}
    if inputs.optical is not None:
        scenes = inputs.scenes.get_optical(unit)
        layers |= inputs.optical.load_layers(scenes, moment)
        inputs.optical.forget_before(moment, scenes)
    return layers
