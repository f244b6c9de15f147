"""What was measured at an overpass: from the readings of a site to one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smmap.insitu.frame import PROBE
from smmap.spec.errors import InsituError

Rule = Literal["closest", "daily-mean"]
Numbers: TypeAlias = NDArray[np.float64]
_DAY_S = 86_400.0


@dataclass(frozen=True)
class TargetRule:
    """How readings become the value of an overpass.

    Each probe by itself; probes of a station are averaged, then stations of a cell.
    """

    rule: Rule = "closest"
    """``closest``: the reading closest in time, of two as close the earlier; ``daily-mean``: the
    mean over the UTC day of the overpass."""
    within_minutes: float = 60.0
    """``closest``: readings further off are none."""
    least_readings: int = 12
    """``daily-mean``: a day with fewer readings of a probe has none."""

    def __post_init__(self) -> None:
        """Refuse rules that nothing can pass.

        Raises
        ------
        InsituError
            If a bound is not positive.
        """
        if not self.within_minutes > 0 or self.least_readings < 1:
            raise InsituError(
                f"within {self.within_minutes} minutes, at least {self.least_readings} readings: "
                "both must be above 0"
            )


@dataclass(frozen=True)
class _OfProbe:
    """What one probe gives, each (moments,)."""

    value: Numbers
    """m3/m3; NaN where it gives none."""
    measured: Numbers
    """Seconds since 1970; NaN likewise."""
    readings: NDArray[np.int64]
    """How many were used."""


def compute_targets(
    readings: pd.DataFrame, moments: Sequence[datetime], rule: TargetRule
) -> pd.DataFrame:
    """One row a moment: what was measured then.

    Parameters
    ----------
    readings
        Of one site, with the columns of `smmap.insitu.frame`.
    moments
        Of overpasses, UTC.
    rule
        How.

    Returns
    -------
    DataFrame
        ``soil_moisture`` (m3/m3, NaN where there is none), ``measured_at`` (UTC, mean of the
        readings used), ``minutes_between`` (measured minus overpass), ``readings`` and
        ``stations`` (how many were used), ``depth_from_m`` and ``depth_to_m`` (of the probes used,
        together).
    """
    seconds = np.array([one.timestamp() for one in moments])
    stations, depths = [], []
    for _, station in readings.groupby(["network", "station"], observed=True, sort=True):
        probes = []
        for _, probe in station.groupby(list(PROBE), observed=True, sort=True):
            found = _read_probe(probe, seconds, rule)
            probes.append(found)
            top, bottom = (float(probe[name].iloc[0]) for name in ("depth_from_m", "depth_to_m"))
            depths.append((np.isfinite(found.value), top, bottom))
        stations.append(_average(probes))
    whole = _average(stations)
    return pd.DataFrame(
        {
            "soil_moisture": whole.value,
            "measured_at": pd.to_datetime(np.round(whole.measured), unit="s", utc=True),
            "minutes_between": (whole.measured - seconds) / 60.0,
            "readings": whole.readings,
            "stations": np.sum([np.isfinite(one.value) for one in stations], axis=0),
            "depth_from_m": _find_depth(depths, 1, np.fmin),
            "depth_to_m": _find_depth(depths, 2, np.fmax),
        }
    )


def _read_probe(probe: pd.DataFrame, moments: Numbers, rule: TargetRule) -> _OfProbe:
    ordered = probe.sort_values("time", kind="stable")
    times = ordered["time"].to_numpy("datetime64[ms]").astype(np.float64) / 1000.0
    values = ordered["soil_moisture"].to_numpy(np.float64)
    if rule.rule == "closest":
        return _choose_closest(times, values, moments, rule.within_minutes * 60.0)
    return _average_day(times, values, moments, rule.least_readings)


def _choose_closest(times: Numbers, values: Numbers, moments: Numbers, within_s: float) -> _OfProbe:
    after = np.searchsorted(times, moments)
    before = np.clip(after - 1, 0, times.size - 1)
    after = np.clip(after, 0, times.size - 1)
    nearer = np.abs(moments - times[before]) <= np.abs(times[after] - moments)
    chosen = np.where(nearer, before, after)
    near = np.abs(times[chosen] - moments) <= within_s
    return _OfProbe(
        np.where(near, values[chosen], np.nan),
        np.where(near, times[chosen], np.nan),
        near.astype(np.int64),
    )


def _average_day(times: Numbers, values: Numbers, moments: Numbers, least: int) -> _OfProbe:
    days, member = np.unique(np.floor(times / _DAY_S), return_inverse=True)
    count = np.bincount(member)
    wanted = np.floor(moments / _DAY_S)
    place = np.clip(np.searchsorted(days, wanted), 0, days.size - 1)
    enough = (days[place] == wanted) & (count[place] >= least)
    value, measured = (np.bincount(member, one) / count for one in (values, times))
    return _OfProbe(
        np.where(enough, value[place], np.nan),
        np.where(enough, measured[place], np.nan),
        np.where(enough, count[place], 0),
    )


def _average(many: Sequence[_OfProbe]) -> _OfProbe:
    """The mean of those that give a value."""
    known = np.isfinite([one.value for one in many])
    count = known.sum(axis=0)
    divisor = np.where(count > 0, count, np.nan)
    return _OfProbe(
        np.where(known, [one.value for one in many], 0.0).sum(axis=0) / divisor,
        np.where(known, [one.measured for one in many], 0.0).sum(axis=0) / divisor,
        np.sum([one.readings for one in many], axis=0),
    )


def _find_depth(
    depths: Sequence[tuple[NDArray[np.bool_], float, float]], end: Literal[1, 2], ufunc: np.ufunc
) -> Numbers:
    """Uppermost (1) or lowest (2) end of the probes used."""
    rows = [np.where(one[0], one[end], np.nan) for one in depths]
    return np.asarray(ufunc.reduce(rows), dtype=np.float64)
