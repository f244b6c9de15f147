"""A source's steps in time around an overpass, joined to it on the source's own pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from smmap.features.accumulation import compute_hourly_rates, compute_rates
from smmap.features.join import join_series
from smmap.spec.definition import Accumulated
from smmap.spec.join import Join
from smmap.stack.steps import Steps

_DAY = np.timedelta64(1, "D")
_STRIP_BYTES = 16 * 2**20
"""Of a series that is joined at a time. It changes no bit."""


@dataclass(frozen=True)
class Series:
    """All steps of one band, in the order of time."""

    values: NDArray[np.float32]
    """(t, h, w); NaN is nodata."""
    middles: NDArray[np.datetime64]
    """(t,): middle of what each step stands for, UTC."""
    step_days: NDArray[np.float64]
    """(t,): how long that is."""

    def join(self, join: Join, moment: datetime) -> NDArray[np.float32]:
        """The value at an overpass, (h, w); NaN where the rule gives none."""
        naive = moment.astimezone(UTC).replace(tzinfo=None)
        ages = (self.middles - np.datetime64(naive, "us")) / _DAY
        midnight = naive.replace(hour=0, minute=0, second=0, microsecond=0)
        since = (naive - midnight) / timedelta(days=1)
        return join_series(self.values, ages, self.step_days, join, since)[0]


def compute_series(steps: Sequence[Steps], accumulated: Accumulated | None) -> Series:
    """Steps of several scenes as one series.

    Pieces of one moment (neighbouring tiles) are laid together: of two values the first stays.

    Parameters
    ----------
    steps
        At least one, of the same pixels.
    accumulated
        What amounts are of, which become rates per day; None: they are none.

    Raises
    ------
    SceneError
        If amounts fall within a day.
    """
    times, members = np.unique(np.concatenate([one.times for one in steps]), return_inverse=True)
    values = np.full((len(times), *steps[0].values.shape[1:]), np.nan, np.float32)
    slots = iter(members)
    for one in steps:
        for layer in one.values:
            target = values[next(slots)]
            np.copyto(target, layer, where=~np.isfinite(target))
    if accumulated == "from 00 UTC":
        return Series(*compute_rates(values, times))
    if accumulated == "over the hour before":
        return Series(*compute_hourly_rates(values, times))
    gaps = np.diff(times) / _DAY
    lasting = float(np.median(gaps)) if gaps.size else 1.0
    return Series(values, times, np.full(len(times), lasting))


def join_in_strips(
    steps: Sequence[Steps], join: Join, moment: datetime, accumulated: Accumulated | None
) -> NDArray[np.float32]:
    """``compute_series`` and its ``join``, a few rows at a time, so that memory is bounded."""
    height, width = steps[0].values.shape[1:]
    count = sum(len(one.times) for one in steps)
    rows = max(1, _STRIP_BYTES // max(1, count * width * np.dtype(np.float32).itemsize))
    out = np.full((height, width), np.nan, np.float32)
    for top in range(0, height, rows):
        strip = [Steps(one.times, one.values[:, top : top + rows]) for one in steps]
        out[top : top + rows] = compute_series(strip, accumulated).join(join, moment)
    return out
