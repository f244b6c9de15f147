"""What a model that looks back takes of earlier overpasses: read once a block for all units."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from smmap.features.builder import compute_features
from smmap.pipeline.blocks import BlockInputs
from smmap.pipeline.context import Context
from smmap.pipeline.load_layers import Layers, load_layers
from smmap.pipeline.needs import compute_look_back
from smmap.spec.tile import Block
from smmap.spec.unit import Earlier, Unit

Past: TypeAlias = tuple[tuple[float, NDArray[np.float32]], ...]
"""Earlier overpasses of a unit, back in time: days before it, and scaled inputs (inputs, h, w)."""

_SECONDS_A_DAY = 86_400.0


class PastBlock:
    """Scaled inputs of the overpasses of one block, as long as a later unit may look back to them.

    Units must come in order of time. Held are, for each pixel of the block, 4 bytes for every
    input of every overpass within the history's days.
    """

    def __init__(self, inputs: BlockInputs, context: Context) -> None:
        self._inputs, self._context = inputs, context
        self._known: dict[str, tuple[datetime, NDArray[np.float32]]] = {}

    def load(self, unit: Unit, part: Block) -> Past:
        """The unit's earlier overpasses on its part of the block; none without a history."""
        if self._context.card.history is None:
            return ()
        moment = unit.overpass.datetime
        oldest = moment - compute_look_back(self._context.card)
        self._known = {key: one for key, one in self._known.items() if one[0] >= oldest}
        for earlier in unit.history:
            unread = earlier.overpass.id not in self._known
            if unread and self._inputs.scenes.has_radar(earlier):
                whole = self._inputs.block
                self.keep(earlier, whole, load_layers(earlier, whole, self._inputs, self._context))
        window = part.within(self._inputs.block)
        found = [
            (moment - self._known[one.overpass.id][0], self._known[one.overpass.id][1])
            for one in reversed(unit.history)
            if one.overpass.id in self._known
        ]
        return tuple((age.total_seconds() / _SECONDS_A_DAY, one[:, *window]) for age, one in found)

    def keep(self, overpass: Unit | Earlier, part: Block, layers: Layers) -> None:
        """Note what was read of the whole block; a part of it is not enough for others."""
        if self._context.card.history is not None and part == self._inputs.block:
            features = compute_features(self._context.card, layers)
            values, refused = features.values, features.beyond | features.frozen
            if refused.any():  # what training left out is nothing to look back to
                values = np.where(refused, np.float32(np.nan), values)
            self._known[overpass.overpass.id] = (overpass.overpass.datetime, values)
