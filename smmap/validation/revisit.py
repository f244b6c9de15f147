"""How often there is a value: by one relative orbit alone, and by all of them merged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from smmap.validation.orbits import ORBIT, name_orbits
from smmap.validation.samples import PREDICTED, name_sites, need_columns

_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Revisit:
    """Days between values of stations that several orbits see; medians over those stations."""

    stations: int
    """That several orbits see, each at least twice; 0: all else is NaN."""
    single_median: float
    """Median days between values of a station's densest orbit."""
    merged_median: float
    """The same of all its orbits together."""
    single_longest: float
    """Longest of these, of the densest orbit."""
    merged_longest: float
    """Longest, of all orbits together."""

    def describe(self) -> str:
        """The gain in a sentence."""
        if not self.stations:
            return (
                "what merging orbits gains cannot be told: no station is seen twice by two of them"
            )
        return (
            f"merging orbits gives a value every {self.merged_median:.1f} days instead of "
            f"{self.single_median:.1f} (longest gap {self.merged_longest:.1f} instead of "
            f"{self.single_longest:.1f}; medians of {self.stations} stations, single: the "
            "densest orbit of each)"
        )


def compute_revisit(samples: pd.DataFrame) -> Revisit:
    """What merging orbits gains, from the times of the samples that have a prediction.

    Values of one orbit at one time count once. Times must be those of all values that there are:
    of a table that was thinned, the gaps are those of the thinning.

    Parameters
    ----------
    samples
        With ``predicted``, network, station, ``relative_orbit`` and ``time``; samples without
        an orbit are left out.

    Raises
    ------
    InsituError
        If a column is missing.
    """
    need_columns(samples, (PREDICTED, ORBIT, "time"), "revisit")
    given = samples[samples[PREDICTED].notna() & samples[ORBIT].notna()]
    passes = pd.DataFrame(
        {"site": name_sites(given), "orbit": name_orbits(given[ORBIT]), "time": given["time"]}
    ).drop_duplicates()
    found = [gaps for _, part in passes.groupby("site") if (gaps := _compare(part)) is not None]
    medians = np.median(found, axis=0) if found else np.full(4, np.nan)
    return Revisit(len(found), *(float(one) for one in medians))


def _compare(passes: pd.DataFrame) -> tuple[float, float, float, float] | None:
    """Single and merged median, single and merged longest; None without a second orbit."""
    times = {orbit: part["time"].drop_duplicates() for orbit, part in passes.groupby("orbit")}
    often = {orbit: part for orbit, part in times.items() if len(part) > 1}
    if len(often) < 2:
        return None
    single = _find_gaps(max(often.values(), key=len))
    merged = _find_gaps(passes["time"].drop_duplicates())
    return (
        float(np.median(single)),
        float(np.median(merged)),
        float(single.max()),
        float(merged.max()),
    )


def _find_gaps(times: pd.Series) -> np.ndarray:
    """Days between them, shape (n - 1,)."""
    return np.diff(np.sort(times.to_numpy("datetime64[s]"))) / _DAY
