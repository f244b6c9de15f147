"""What a merge rule is given, and what it must do: the overpasses of a day to one map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from smmap.spec.quality import QUALITY_NODATA

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Observations:
    """All overpasses of one day over the same cells, each array (n, y, x); n is at least 1."""

    sm: Doubles
    """m3/m3; NaN where there is no value."""
    sm_uncertainty: Doubles
    """One standard deviation, m3/m3; NaN where there is none."""
    sm_quality: NDArray[np.uint16]
    """Bits of ``Quality``; 65535 where nothing was seen."""
    time_s: Doubles
    """Seconds since 00 UTC of the day; NaN where there is no value."""
    distance_s: Doubles
    """Seconds to the time of day that is asked for; NaN where there is no value."""

    @property
    def valued(self) -> Bools:
        """True where an overpass has a value, flagged or not."""
        return np.isfinite(self.sm)


@dataclass(frozen=True)
class Merged:
    """One day, each array (y, x)."""

    sm: Doubles
    """m3/m3; NaN where no overpass has a value."""
    sm_uncertainty: Doubles
    """m3/m3; NaN where ``sm`` is, and where it is not known."""
    sm_quality: NDArray[np.uint16]
    """Bits of ``Quality``; 65535 where nothing was seen. 0 implies a value."""
    time_s: Doubles
    """Seconds since 00 UTC of the day of the value; NaN where there is none."""


class MergeRule(Protocol):
    """Merges cell by cell, only within each cell's `find_candidates`.

    The order of the overpasses never matters, not by a bit; a cell's result depends on nothing
    but that cell.
    """

    def __call__(self, observations: Observations) -> Merged:
        """Merge the overpasses of a day."""
        ...


def find_candidates(observations: Observations) -> Bools:
    """True for the overpasses (n, y, x) that a cell may be made from.

    They are the best that the cell has: those with a value and no flag; where there is none, those
    with a value and a flag; where there is none, those that saw it and say why there is no value.
    So a flagged value never displaces, nor enters into, an unflagged one of the same day.
    """
    seen = observations.sm_quality != QUALITY_NODATA
    tiers = (observations.valued & (observations.sm_quality == 0), observations.valued, seen)
    chosen = np.zeros(seen.shape, bool)
    for tier in tiers:
        chosen |= tier & ~chosen.any(axis=0)
    return chosen


def take_first(observations: Observations, *keys: Doubles) -> Merged:
    """Each cell's candidate with the smallest keys; the first key decides, the others its ties.

    Ties of all keys go to the smaller time, value, uncertainty and quality: what is still equal
    then is the same observation.
    """
    one = observations
    rest = (one.time_s, one.sm, one.sm_uncertainty, one.sm_quality.astype(np.float64))
    order = [~find_candidates(one), *(np.nan_to_num(key, nan=np.inf) for key in (*keys, *rest))]
    first = np.lexsort(order[::-1], axis=0)[:1]

    def take(values: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(np.take_along_axis(values, first, axis=0)[0])

    return Merged(take(one.sm), take(one.sm_uncertainty), take(one.sm_quality), take(one.time_s))
