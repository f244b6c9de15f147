"""Anomalies: does a model follow storms and drying, or only the seasons and the places."""

from __future__ import annotations

import pandas as pd

from smmap.validation.samples import PREDICTED, TRUTH, check_predictions, name_sites, need_columns

WINDOW_DAYS = 35
"""Around each sample: Gruber et al. 2020, doi:10.1016/j.rse.2020.111806."""
LEAST_IN_WINDOW = 5


def compute_anomalies(
    samples: pd.DataFrame, window_days: int = WINDOW_DAYS, least: int = LEAST_IN_WINDOW
) -> pd.DataFrame:
    """Truth and prediction of each station less their own mean over the days around.

    Parameters
    ----------
    samples
        With ``predicted``, ``soil_moisture``, network, station and ``time``.
    window_days
        Length of the moving window, centred on the sample.
    least
        Samples with fewer others in their window, themselves included, are left out.

    Returns
    -------
    DataFrame
        The same columns, with anomalies in m3/m3; samples without a prediction are left out.
        Scored by `stratify.average_over_stations`, its R is the anomaly correlation.

    Raises
    ------
    InsituError
        If a column is missing, or the samples cannot be scored.
    """
    check_predictions(samples, "anomalies")
    need_columns(samples, ("time",), "anomalies")
    given = samples[samples[PREDICTED].notna()].sort_values("time", kind="stable")
    parts = [
        _subtract_mean(part, window_days, least)
        for _, part in given.groupby(name_sites(given), sort=True)
    ]
    return pd.concat(parts).sort_index()


def _subtract_mean(part: pd.DataFrame, window_days: int, least: int) -> pd.DataFrame:
    values = part[[TRUTH, PREDICTED]].set_axis(pd.DatetimeIndex(part["time"]))
    mean = values.rolling(f"{window_days}D", center=True, min_periods=least).mean()
    anomalies = (values - mean).set_axis(part.index)
    return part.assign(**{name: anomalies[name] for name in (TRUTH, PREDICTED)}).dropna(
        subset=[TRUTH, PREDICTED]
    )
