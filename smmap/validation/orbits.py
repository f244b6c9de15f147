"""Whether the relative orbits of a radar agree, so that one time series may hold all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from smmap.validation.bootstrap import Bootstrap, find_limits, resample_sums
from smmap.validation.samples import PREDICTED, TRUTH, check_predictions, name_sites, need_columns

ORBIT = "relative_orbit"
LEAST_STATIONS = 6
"""That an orbit must share with others: five agree in sign by chance in 2 x 0.5^5 = 6 %."""


@dataclass(frozen=True)
class OrbitComparison:
    """Bias of each orbit less that of all others, over the same stations."""

    table: pd.DataFrame
    """``orbit``, ``stations`` (seen by it and by another), ``count`` (its samples there),
    ``difference`` with ``_low`` and ``_high`` (m3/m3; above 0: it is wetter than the others)."""
    level: float
    """Of each interval: chosen so that all of them hold together at the asked level."""

    @property
    def differing(self) -> list[str]:
        """Orbits whose interval leaves out 0."""
        apart = (self.table["difference_low"] > 0) | (self.table["difference_high"] < 0)
        return list(self.table.loc[apart, "orbit"])

    def describe(self) -> str:
        """The answer in a sentence."""
        told = self.table[self.table["difference_low"].notna()]
        if told.empty:
            return (
                f"whether orbits differ cannot be told: none shares {LEAST_STATIONS} stations "
                "with others"
            )
        worst = told.iloc[int(told["difference"].abs().argmax())]
        found = (
            f"largest difference of bias {worst['difference']:+.3f} m3/m3 "
            f"({worst['difference_low']:+.3f}..{worst['difference_high']:+.3f}, orbit "
            f"{worst['orbit']} against the others, {worst['stations']} stations)"
        )
        if self.differing:
            return f"orbits differ ({', '.join(self.differing)}): {found}"
        return f"no orbit differs from the others: {found}"


def compare_orbits(samples: pd.DataFrame, bootstrap: Bootstrap | None = None) -> OrbitComparison:
    """Compare the bias of each relative orbit with that of all others.

    At each station that both see, the mean error of the orbit less that of the others is taken,
    so that a station which all orbits see too wet counts for none of them; stations weigh by
    n m / (n + m) of their n and m samples, and are resampled whole. The more orbits, the wider
    each interval (Bonferroni), so that by chance alone one of twenty tables says that they differ.

    Parameters
    ----------
    samples
        With ``predicted``, ``soil_moisture``, network, station and ``relative_orbit``; samples
        without an orbit or a prediction are left out.

    Raises
    ------
    InsituError
        If a column is missing, or the samples cannot be scored.
    """
    check_predictions(samples, "orbits")
    need_columns(samples, (ORBIT,), "orbits")
    plan = bootstrap or Bootstrap()
    given = samples[samples[PREDICTED].notna() & samples[ORBIT].notna()]
    errors = pd.DataFrame(
        {
            "orbit": name_orbits(given[ORBIT]),
            "site": name_sites(given),
            "error": given[PREDICTED] - given[TRUTH],
        }
    )
    orbits = sorted(errors["orbit"].unique(), key=_sort_key)
    comparisons = len(orbits) if len(orbits) > 2 else 1  # of two, one mirrors the other
    level = 1 - (1 - plan.level) / comparisons
    rows = [_compare(errors, orbit, plan, level) for orbit in orbits]
    columns = ["orbit", "stations", "count", "difference", "difference_low", "difference_high"]
    return OrbitComparison(pd.DataFrame(rows, columns=columns), level)


def name_orbits(orbits: pd.Series) -> pd.Series[str]:
    """Names of orbits that are known: whole numbers even where gaps have made floats of them."""
    return orbits.map(lambda one: f"{one:g}" if isinstance(one, float) else str(one)).astype(str)


def _sort_key(orbit: str) -> tuple[int, str]:
    return (int(orbit) if orbit.isdigit() else 0, orbit)


def _compare(
    errors: pd.DataFrame, orbit: str, plan: Bootstrap, level: float
) -> tuple[str, int, int, float, float, float]:
    its = (errors["orbit"] == orbit).to_numpy()
    one, others = (
        errors[chosen].groupby("site")["error"].agg(["mean", "count"]) for chosen in (its, ~its)
    )
    both = one.merge(others, left_index=True, right_index=True, suffixes=("_one", "_others"))
    n, m = (both[name].to_numpy(float) for name in ("count_one", "count_others"))
    weight = n * m / (n + m)
    difference = (both["mean_one"] - both["mean_others"]).to_numpy(float)
    of_station = np.column_stack([weight, weight * difference])
    count, stations = int(n.sum()), len(both)
    if not stations:
        return orbit, 0, 0, float("nan"), float("nan"), float("nan")
    total, weighted = of_station.sum(axis=0)
    low = high = float("nan")
    if stations >= LEAST_STATIONS and plan.draws:
        drawn = resample_sums(of_station, plan)
        low, high = find_limits(drawn[:, 1] / drawn[:, 0], level)
    return orbit, stations, count, float(weighted / total), low, high
