"""Stations that are split from each other and yet see the same ground."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from smmap.features.array import Doubles
from smmap.validation.earth import compute_points
from smmap.validation.samples import name_sites
from smmap.validation.split import Split


def describe_neighbours(samples: pd.DataFrame, splits: Sequence[Split], within_m: float) -> str:
    """How many tested stations lie so near one that is trained on that their images overlap.

    Parameters
    ----------
    samples
        With network, station, and ``station_latitude`` and ``station_longitude``, or without the
        prefix; samples without them give an empty word.
    within_m
        Distance over the ground, metres.
    """
    places = _find_places(samples)
    if places is None:
        return ""
    sites = name_sites(samples).to_numpy()
    tested, near = 0, 0
    for split in splits:
        seen = np.concatenate([split.train, split.validation])
        distance, _ = cKDTree(places[seen]).query(places[split.test])
        nearest = pd.Series(distance).groupby(sites[split.test]).min()
        tested += len(nearest)
        near += int((nearest < within_m).sum())
    return (
        f"{near} of {tested} tested stations lie within {within_m / 1000:g} km of one that was "
        "fitted or chosen by"
    )


def _find_places(samples: pd.DataFrame) -> Doubles | None:
    """(n, 3) as of `compute_points`, of the stations where they are known."""
    for prefix in ("station_", ""):
        names = [f"{prefix}latitude", f"{prefix}longitude"]
        if set(names) <= set(samples.columns):
            latitude, longitude = samples[names].to_numpy(np.float64).T
            return compute_points(latitude, longitude)
    return None
