"""Which earlier overpasses a unit's model looks back to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime

from smmap.pipeline.context import Context
from smmap.pipeline.fingerprint import Fingerprints
from smmap.pipeline.inputs import HISTORY, TileInputs
from smmap.pipeline.needs import compute_look_back
from smmap.spec.overpass import Overpass
from smmap.spec.unit import Earlier


class Histories:
    """The overpasses of a tile, of all orbits, each described once for all units that follow it.

    Parameters
    ----------
    overpasses
        Of the tile, by time; those before the recipe's period too.
    """

    def __init__(
        self,
        overpasses: Sequence[Overpass],
        inputs: TileInputs,
        fingerprints: Fingerprints,
        context: Context,
    ) -> None:
        self._overpasses, self._inputs = overpasses, inputs
        self._fingerprints, self._context = fingerprints, context
        self._reach = compute_look_back(context.feature_set)
        self._described: dict[str, Earlier] = {}

    def find(self, overpass: Overpass) -> tuple[Earlier, ...]:
        """Those that a unit's history may have, by time; none for a model that has no history."""
        first = bisect_left(self._overpasses, overpass.datetime - self._reach, key=_get_time)
        last = bisect_left(self._overpasses, overpass.datetime, key=_get_time)
        return tuple(self._describe(one) for one in self._overpasses[first:last])

    def _describe(self, overpass: Overpass) -> Earlier:
        if overpass.id not in self._described:
            inputs = {
                key: items
                for key, items in self._inputs.choose(overpass).items()
                if key == HISTORY or self._context.requires(key)
            }
            mark = self._fingerprints.mark(overpass, inputs)
            self._described[overpass.id] = Earlier(overpass, inputs, mark)
        return self._described[overpass.id]


def _get_time(overpass: Overpass) -> datetime:
    return overpass.datetime
