"""The layers of one unit on a part of a block: everything that features are derived from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.pipeline.blocks import BlockInputs
from smmap.pipeline.context import Context
from smmap.spec.tile import Block
from smmap.spec.unit import Earlier, Unit
from smmap.stack.radar import load_radar

Layers = dict[str, NDArray[np.float32]]


def load_layers(unit: Unit | Earlier, part: Block, inputs: BlockInputs, context: Context) -> Layers:
    """Radar, optical and static layers, each (h, w) float32, NaN where nothing was measured."""
    moment = unit.overpass.datetime
    passes = inputs.scenes.get_passes(unit)
    radar = load_radar(
        passes, part, context.radar_grid, context.recipe.radar, context.feature_set.aggregation
    )
    window = part.within(inputs.block)
    static = {name: values[window] for name, values in inputs.static.items()}
    day = np.broadcast_to(np.float32(moment.timetuple().tm_yday), part.shape)
    layers = {**static, **radar, "day_of_year": day}
    for key, optical in inputs.optical.items():
        scenes = inputs.scenes.get_scenes(unit, key)
        if optical.bands:
            layers |= optical.load_layers(scenes, moment, part)
        if optical.requests:
            layers |= optical.load_requests(scenes, moment, part)
    requests = context.pixel_requests
    for key, field in inputs.fields.items():
        scenes = inputs.scenes.get_scenes(unit, key)
        for one in requests.get(key, ()):
            layers[one.name] = field.load(scenes, one.band, one.join, moment, part)
    return layers
