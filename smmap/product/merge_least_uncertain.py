"""The overpass that is surest of itself."""

from __future__ import annotations

from smmap.product.merge_rule import Merged, Observations, take_first


def merge_least_uncertain(observations: Observations) -> Merged:
    """Each cell from its best overpass with the smallest uncertainty.

    Values without an uncertainty come after all that have one; ties, and cells where none has,
    go to the overpass nearest to the time of day that is asked for.
    """
    return take_first(observations, observations.sm_uncertainty, observations.distance_s)
