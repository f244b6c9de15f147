"""Drops readings that break the rules, and counts them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from smmap.insitu.account import Account
from smmap.insitu.rules import ReadingRules


def sift_frame(frame: pd.DataFrame, rules: ReadingRules) -> tuple[pd.DataFrame, Account]:
    """Keep the readings that pass all rules; each of the others is counted once.

    Parameters
    ----------
    frame
        Readings of one file, as `frame.build_frame` makes them.

    Returns
    -------
    tuple
        The rows that passed, and what became of all.
    """
    value, time = frame["soil_moisture"], frame["time"]
    reasons = np.full(len(frame), "", dtype=object)

    def drop(broken: pd.Series, reason: str) -> None:
        """Only rows without a reason so far take this one."""
        reasons[broken.to_numpy(dtype=bool) & (reasons == "")] = reason

    drop(frame["station"] == "", "no name of a station")
    drop(~_is_on_earth(frame), "no place on Earth: latitude -90..90, longitude -180..180, not 0, 0")
    top, depth = frame["depth_from_m"], frame["depth_to_m"]
    drop(~((top >= 0) & (top <= depth)), "no depth: metres downwards, the upper end first")
    too_deep = [one for one in depth.unique() if rules.is_too_deep(one)]
    drop(depth.isin(too_deep), f"deeper than {rules.deepest_m} m")
    drop(time.isna(), "time cannot be read")
    drop(time > rules.latest, "time in the future")
    if rules.period is not None:
        outside = (time < rules.period.start) | (time >= rules.period.end)
        drop(outside, f"outside {rules.period}")
    drop(value.isna(), "no value, or a code for none")
    bounds = f"{rules.lowest:g}..{rules.highest:g} m3/m3"
    inside = value.between(rules.lowest, rules.highest)
    drop(~inside, f"outside {bounds}")
    for flag in frame["flag"].cat.categories:
        if not _passes(flag, rules.flags):
            drop(frame["flag"] == flag, f"flag {flag}")
    kept = frame[reasons == ""]
    dropped = Counter(str(reason) for reason in reasons[reasons != ""])
    return kept, Account(files=1, rows=len(frame), kept=len(kept), dropped=dict(dropped))


def _is_on_earth(frame: pd.DataFrame) -> pd.Series:
    """Whether coordinates can be; 0, 0 is what is written for 'not known'."""
    latitude, longitude = frame["latitude"], frame["longitude"]
    known = (latitude != 0) | (longitude != 0)
    return latitude.between(-90, 90) & longitude.between(-180, 180) & known


def _passes(text: str, wanted: tuple[str, ...]) -> bool:
    """Whether each of the flags, which commas part, is wanted; none at all is."""
    return all(part in wanted for part in text.split(",")) if text else True
