"""Readings that come twice, and stations that are one place under two names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pandas as pd

from smmap.insitu.frame import PROBE

_PLACE_DIGITS = 4
"""Degrees rounded so: about 10 m."""
_WATER_CODE = "210"
"""Of water bodies in ESA CCI land cover."""


def drop_doubles(table: pd.DataFrame) -> tuple[pd.DataFrame, Counter[str]]:
    """Keep one of readings that repeat each other, none of those that contradict each other.

    Parameters
    ----------
    table
        Sifted readings, sorted as `frame.join_frames` does.

    Returns
    -------
    tuple
        What stays, and how many rows were dropped for which reason.
    """
    key = [*PROBE, "time"]
    repeats = table.duplicated([*key, "soil_moisture"], keep="first")
    single = table[~repeats]
    contradicts = single.duplicated(key, keep=False)
    dropped = Counter(
        {
            "repeats another reading of its probe": int(repeats.sum()),
            "contradicts another reading of its probe at that time": int(contradicts.sum()),
        }
    )
    return single[~contradicts].reset_index(drop=True), +dropped


def find_notes(table: pd.DataFrame) -> Iterator[str]:
    """What is odd about the stations that stay; nothing is dropped for it."""
    rounded = table[["network", "station", "latitude", "longitude", "land_cover"]].round(
        _PLACE_DIGITS
    )
    each = rounded.drop_duplicates().astype(str)
    stations = pd.DataFrame(
        {
            "name": each["station"] + " of " + each["network"],
            "place": each["latitude"] + " " + each["longitude"],
            "land_cover": each["land_cover"],
        }
    )
    names = stations.drop_duplicates(["name", "place"])
    for name, places in names.groupby("name")["place"]:
        if len(places) > 1:
            yield f"station {name} has {len(places)} places: was it moved?"
    for _, sharing in names.groupby("place")["name"]:
        if len(sharing) > 1:
            yield f"one place under several names, one site: {', '.join(sorted(sharing))}"
    for name in sorted(set(stations.loc[stations["land_cover"] == _WATER_CODE, "name"])):
        yield f"station {name} stands on water by its land cover"
    unknown = stations.loc[stations["land_cover"] == "", "name"].nunique()
    if unknown:
        yield f"no land cover known of {unknown} stations: not checked for standing in water"
