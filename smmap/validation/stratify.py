"""Scores class by class: networks, orbits, land covers, textures, climates, or any column."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from smmap.validation.bootstrap import Bootstrap, ScoresWithIntervals, score_with_intervals
from smmap.validation.samples import PREDICTED, TRUTH, check_predictions, name_sites, need_columns
from smmap.validation.scores import SCORE_NAMES, compute_scores

LEAST_SAMPLES = 13
"""Of a station that counts in `average_over_stations`: as in Batchu et al. 2023."""


def score_all(samples: pd.DataFrame, bootstrap: Bootstrap | None = None) -> pd.DataFrame:
    """Scores over all samples: one row, as `score_by` gives them.

    Raises
    ------
    InsituError
        If the samples cannot be scored.
    """
    check_predictions(samples, "scores")
    found = _score(samples, name_sites(samples), bootstrap)
    return pd.DataFrame([{"class": "all samples"} | _describe(found)])


def score_by(
    samples: pd.DataFrame, column: str, bootstrap: Bootstrap | None = None
) -> pd.DataFrame:
    """Scores of each class of a column, in order of its names; samples without a class are one.

    Parameters
    ----------
    samples
        With ``predicted``, ``soil_moisture``, network, station and ``column``.
    column
        ``station`` means station and network together.
    bootstrap
        Resamples stations, within each class.

    Returns
    -------
    DataFrame
        ``class``, ``count``, ``stations``, and each score with ``_low`` and ``_high``.

    Raises
    ------
    InsituError
        If a column is missing, or the samples cannot be scored.
    """
    check_predictions(samples, f"scores by {column}")
    need_columns(samples, (column,), f"scores by {column}")
    classes = name_sites(samples) if column == "station" else samples[column]
    named = classes.astype(object).map(_name_class, na_action=None).to_numpy()
    parts = zip(samples.groupby(named), classes.groupby(named), strict=True)
    rows = [
        # A site is as a whole in its class where classes are sites: naming each again takes long.
        {"class": name}
        | _describe(_score(part, own if column == "station" else name_sites(part), bootstrap))
        for (name, part), (_, own) in parts
    ]
    return pd.DataFrame(rows)


def average_over_stations(
    samples: pd.DataFrame, least: int = LEAST_SAMPLES, bootstrap: Bootstrap | None = None
) -> pd.DataFrame:
    """Scores of each station, then their means: every station weighs the same.

    Parameters
    ----------
    least
        Stations with fewer predictions are left out.
    bootstrap
        Resamples the stations' scores.

    Returns
    -------
    DataFrame
        One row, as `score_by` gives them; ``count`` is of the samples that counted. NaN scores of
        a station do not count in that score's mean.

    Raises
    ------
    InsituError
        If the samples cannot be scored.
    """
    check_predictions(samples, "scores over stations")
    rows = pd.DataFrame(
        asdict(compute_scores(*_columns(part)))
        for _, part in samples.groupby(name_sites(samples), sort=True)
    )
    enough = rows[rows["count"] >= least]
    plan = bootstrap or Bootstrap()
    result: dict[str, Any] = {
        "class": f"mean of stations (≥ {least})",
        "count": int(enough["count"].sum()),
        "stations": len(enough),
    }
    for name in SCORE_NAMES:
        values = enough[name].dropna().to_numpy()
        low, high = _limit_mean(values, plan)
        mean = float(values.mean()) if values.size else float("nan")
        result |= {name: mean, f"{name}_low": low, f"{name}_high": high}
    return pd.DataFrame([result])


def _name_class(value: Any) -> str:
    """Orbits and codes are whole numbers even where a gap has made floats of them."""
    if pd.isna(value) or value == "":
        return "not known"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _limit_mean(values: np.ndarray, plan: Bootstrap) -> tuple[float, float]:
    if values.size < 2 or not plan.draws:
        return float("nan"), float("nan")
    rng = np.random.default_rng(plan.seed)
    weights = rng.multinomial(values.size, np.full(values.size, 1 / values.size), size=plan.draws)
    edges = [(1 - plan.level) / 2, (1 + plan.level) / 2]
    low, high = np.quantile(weights @ values / values.size, edges)
    return float(low), float(high)


def _score(
    samples: pd.DataFrame, sites: pd.Series[str], bootstrap: Bootstrap | None
) -> ScoresWithIntervals:
    return score_with_intervals(*_columns(samples), sites, bootstrap)


def _columns(samples: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return samples[PREDICTED].to_numpy(np.float64), samples[TRUTH].to_numpy(np.float64)


def _describe(found: ScoresWithIntervals) -> dict[str, Any]:
    row: dict[str, Any] = {"count": found.scores.count, "stations": found.groups}
    for name in SCORE_NAMES:
        low, high = found.intervals[name]
        row |= {name: getattr(found.scores, name), f"{name}_low": low, f"{name}_high": high}
    return row
