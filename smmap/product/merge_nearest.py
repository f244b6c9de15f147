"""The overpass nearest to a time of day."""

from __future__ import annotations

from smmap.product.merge_rule import Merged, Observations, take_first


def merge_nearest(observations: Observations) -> Merged:
    """Each cell from its best overpass nearest to the time of day that is asked for."""
    return take_first(observations, observations.distance_s)
