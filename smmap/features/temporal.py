"""Joining scenes of other days to an overpass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Bools, Floats

Joined = tuple[NDArray[np.float32], NDArray[np.float32]]


def compute_nearest(
    values: Floats | Sequence[Sequence[Floats]], valid: Bools | Sequence[Bools], age_days: Floats
) -> Joined:
    """Each pixel's valid scene that is closest in time.

    Parameters
    ----------
    values : float array (scenes, bands, y, x)
        Any value where not valid. Or, without a copy, one sequence a scene of its bands (y, x).
    valid : bool array (scenes, y, x)
        Which pixels of a scene may be used; one answer for all bands, so that bands of
        different days are never mixed. Or one array (y, x) a scene.
    age_days : float array (scenes,)
        Scene minus overpass: negative before it. Of two equally close scenes the earlier one is
        taken, then the first in order.

    Returns
    -------
    values : float32 array (bands, y, x)
        NaN where no scene is valid.
    age_days : float32 array (y, x)
        Signed age of the scene taken; NaN where there is none.
    """
    if isinstance(values, np.ndarray):
        bands, *shape = values.shape[1:]
    else:
        bands, shape = len(values[0]), list(valid[0].shape)
    joined = np.empty((bands, *shape), dtype=np.float32)
    age = np.empty(shape, dtype=np.float32)
    vacant = np.ones(shape, dtype=np.bool_)
    for place, scene in enumerate(rank_by_age(age_days)):
        taken = vacant & valid[scene]
        # The first is copied whole, which is faster: what it may not give is overwritten.
        where = taken if place else True
        for into, band in zip(joined, values[scene], strict=True):
            np.copyto(into, band, where=where, casting="same_kind")
        np.copyto(age, age_days[scene], where=taken, casting="same_kind")
        vacant &= ~taken
    if vacant.any():
        for into in (*joined, age):
            np.copyto(into, np.nan, where=vacant)
    return joined, age


def rank_by_age(age_days: Floats) -> list[int]:
    """Scenes in the order in which ``compute_nearest`` takes them, by their numbers."""
    return sorted(range(len(age_days)), key=lambda i: (abs(age_days[i]), age_days[i] > 0))


def compute_median(values: Floats, valid: Bools, age_days: Floats) -> Joined:
    """Each pixel's median over valid scenes, band by band.

    Parameters as in ``compute_nearest``.

    Returns
    -------
    values : float32 array (bands, y, x)
        Of an even number the mean of the middle two; NaN where no scene is valid.
    age_days : float32 array (y, x)
        Signed age of the valid scene that is closest in time; NaN where there is none.
    """
    if not len(values):
        return compute_nearest(values, valid, age_days)
    seen = valid[:, np.newaxis] & ~np.isnan(values)
    ordered = np.sort(np.where(seen, values, np.nan).astype(np.float32), axis=0)
    count = seen.sum(axis=0)[np.newaxis]
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=0)[0]
    high = np.take_along_axis(ordered, np.minimum(count // 2, len(values) - 1), axis=0)[0]
    middle = (low.astype(np.float64) + high) / 2.0
    _, age = compute_nearest(values[:, :0], valid, age_days)
    return middle.astype(np.float32), age
