"""Which scenes a unit may be made from: by place, then by time."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

import numpy as np
import pystac
import shapely
from shapely.geometry.base import BaseGeometry

from smmap.catalog.candidate import Candidate
from smmap.pipeline.context import Context
from smmap.product.footprint import compute_footprint
from smmap.spec.overpass import Overpass
from smmap.spec.source import FIELDS, OPTICAL
from smmap.spec.tile import Block, Tile

HISTORY = "sentinel1"
"""Input key of earlier overpasses of the same orbit, for the multi-temporal filter."""


class NearTiles:
    """The candidates that share ground with each tile."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._candidates = candidates
        self._members: dict[int, list[int]] = defaultdict(list)
        for number, one in enumerate(candidates):
            # Scenes of one place share their footprint, which is looked at once for all of them.
            self._members[id(one.footprint)].append(number)
        places = [candidates[members[0]].footprint for members in self._members.values()]
        self._places = np.array(places, object)
        self._tree = shapely.STRtree(self._places)

    def find(self, outline: BaseGeometry) -> list[Candidate]:
        """Those of a tile, in their own order."""
        near = self._tree.query(outline)
        shared = shapely.area(shapely.intersection(self._places[near], outline)) > 0
        numbers = [self._members[id(place)] for place in self._places[near[shared]]]
        return [self._candidates[one] for one in sorted(chain.from_iterable(numbers))]


def compute_outline(tile: Tile) -> BaseGeometry:
    """Outline of a tile in longitude and latitude."""
    return shapely.geometry.shape(compute_footprint(Block.whole(tile.geobox))[0])


class TileInputs:
    """Candidate scenes of a tile's units besides their own overpass."""

    def __init__(
        self,
        near: Mapping[str, Sequence[Candidate]],
        overpasses: Sequence[Overpass],
        context: Context,
    ) -> None:
        self._recipe = context.recipe
        self._fixed: dict[str, tuple[pystac.Item, ...]] = {}
        self._dated: dict[str, _Dated] = {}
        for key in near.keys() - {"sentinel1"}:
            if context.definitions[key].static:
                self._fixed[key] = tuple(one.item for one in near[key])
                continue
            most = self._recipe.optical.max_cloud_cover if key in OPTICAL else math.inf
            usable = [one for one in near[key] if one.cloud_cover <= most]
            self._dated[key] = _Dated(usable, *context.reach(key), lasting=key in FIELDS)
        self._tracks: dict[int | None, list[Overpass]] = defaultdict(list)
        for one in overpasses:
            self._tracks[one.relative_orbit].append(one)

    def choose(self, overpass: Overpass) -> dict[str, tuple[pystac.Item, ...]]:
        """Candidates by source key, for one overpass of the tile."""
        inputs = {key: dated.find(overpass.datetime) for key, dated in self._dated.items()}
        inputs |= self._fixed
        if self._recipe.radar.despeckle.method == "quegan":
            reach = timedelta(days=self._recipe.radar.despeckle.days)
            inputs[HISTORY] = tuple(
                item
                for one in self._tracks[overpass.relative_orbit]
                if timedelta(0) < overpass.datetime - one.datetime <= reach
                for item in one.items
            )
        return inputs


class _Dated:
    """Candidates of one source, found by time.

    Parameters
    ----------
    candidates
        By middle.
    before, after
        How far from an overpass.
    lasting
        Whether any part of a candidate's time counts, as of a day of hourly steps; else its middle.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        before: timedelta,
        after: timedelta,
        *,
        lasting: bool = False,
    ) -> None:
        self._candidates, self._lasting = candidates, lasting
        self._before, self._after = before, after
        longest = max((one.end - one.start for one in candidates), default=timedelta(0))
        self._slack = longest if lasting else timedelta(0)

    def find(self, moment: datetime) -> tuple[pystac.Item, ...]:
        """Items around a moment, by time."""
        start, end = moment - self._before, moment + self._after
        first = bisect_left(self._candidates, start - self._slack, key=_get_middle)
        last = bisect_right(self._candidates, end + self._slack, key=_get_middle)
        found = self._candidates[first:last]
        if self._lasting:
            found = [one for one in found if one.end >= start and one.start <= end]
        return tuple(one.item for one in found)


def _get_middle(candidate: Candidate) -> datetime:
    return candidate.middle
