"""Sequences for models that look back: an overpass and those before it, place by place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Doubles, Floats
from smmap.spec.history import History

_MICROSECONDS = 1e6
_SECONDS_A_DAY = 86_400.0


class Visit(NamedTuple):
    """What one overpass gives a model at n places."""

    values: Floats
    """(inputs, n), scaled; NaN where an input has no value."""
    age_days: float | Doubles
    """How long before the overpass that is mapped, for all or (n,); NaN: it never came by."""


def compute_sequences(visits: Iterable[Visit], history: History) -> NDArray[np.float32]:
    """What a model with a history takes, each place by itself.

    Parameters
    ----------
    visits
        The overpass itself, as it is; then earlier ones, back in time. Of several at one moment
        the first counts that has all its values.
    history
        How many steps, and from when on.

    Returns
    -------
    float32 array (n, columns)
        Step after step, the overpass itself last: at each the inputs and how many days before it
        was. Steps for which there is no earlier overpass with all its values are those of the
        earliest one there is; NaN is left in the overpass itself alone, and in what repeats it.
    """
    following = iter(visits)
    now = next(following)
    inputs, count = now.values.shape
    found = np.empty((count, history.overpasses, inputs + 1), np.float32)
    found[:, -1, :-1], found[:, -1, -1] = now.values.T, 0.0
    steps, last = np.ones(count, np.int64), np.zeros(count)
    for values, age_days in following:
        age = np.broadcast_to(age_days, count)
        taken = (age > last) & (age <= history.days) & (steps < history.overpasses)
        taken &= np.isfinite(values).all(axis=0)
        at = np.flatnonzero(taken)
        steps[at], last[at] = steps[at] + 1, age[at]
        found[at, -steps[at], :-1], found[at, -steps[at], -1] = values[:, at].T, age[at]
    for step in range(2, history.overpasses + 1):
        short = steps < step
        found[short, -step] = found[short, 1 - step]
    return found.reshape(count, -1)


def list_visits(
    values: Floats, places: NDArray[np.int64], times: NDArray[np.datetime64], history: History
) -> Iterator[Visit]:
    """The rows of a table as visits: each row's own, then the rows before it of the same place.

    Parameters
    ----------
    values
        (n, inputs), scaled, in any order.
    places
        (n,) number of the station.
    times
        (n,) UTC.
    history
        Rows further apart are not looked for.

    Yields
    ------
    Visit
        Of all n rows. Of rows of one place and moment the upper one of the table comes first.
    """
    moments = times.astype("datetime64[us]").astype(np.int64)
    order = np.lexsort((-np.arange(len(values)), moments, places))
    for back in range(len(values)):
        earlier, later = order[: len(order) - back], order[back:]
        age = (moments[later] - moments[earlier]) / _MICROSECONDS / _SECONDS_A_DAY
        near = (places[later] == places[earlier]) & (age <= history.days)
        if not near.any():
            return
        seen = np.full(values.T.shape, np.nan, np.float32)
        ages = np.full(len(values), np.nan)
        seen[:, later[near]], ages[later[near]] = values[earlier[near]].T, age[near]
        yield Visit(seen, ages)
