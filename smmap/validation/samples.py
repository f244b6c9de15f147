"""What a table of samples must have before it is split or scored."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from smmap.spec.errors import InsituError
from smmap.validation.site import join_places

TRUTH, PREDICTED = "soil_moisture", "predicted"
"""Columns, m3/m3. A prediction may be NaN: no value; a truth may not."""


def need_columns(table: pd.DataFrame, columns: Iterable[str], what: str) -> None:
    """Refuse a table that lacks columns.

    Raises
    ------
    InsituError
        Naming those that are missing and those that are there.
    """
    missing = [name for name in columns if name not in table.columns]
    if missing:
        there = ", ".join(str(name) for name in table.columns)
        raise InsituError(f"{what}: no column {', '.join(missing)}; there are: {there}")


def name_sites(samples: pd.DataFrame) -> pd.Series[str]:
    """The site of each sample: its station with its network, as two networks may use one name.

    Where samples have latitude and longitude, a site is a place: stations at one place are one
    site under all their names, and a name at places far apart is several (`join_places`).

    Raises
    ------
    InsituError
        If a column is missing.
    """
    need_columns(samples, ("network", "station"), "stations")
    return join_places(name_stations(samples), samples).rename("station")


def name_stations(samples: pd.DataFrame) -> pd.Series[str]:
    """Network and station in one word; no value where either is missing."""
    names = samples["network"].astype(str) + " / " + samples["station"].astype(str)
    return names.mask(samples[["network", "station"]].isna().any(axis=1))


def check_predictions(samples: pd.DataFrame, what: str) -> None:
    """Refuse predictions that cannot be scored.

    Raises
    ------
    InsituError
        If columns or rows are missing, a truth is not finite, a prediction is infinite or missing
        everywhere, or the truth does not vary.
    """
    need_columns(samples, (TRUTH, PREDICTED), what)
    if samples.empty:
        raise InsituError(f"{what}: the table has no samples")
    truth, predicted = (samples[name].to_numpy(dtype=np.float64) for name in (TRUTH, PREDICTED))
    bad = int((~np.isfinite(truth)).sum())
    if bad:
        raise InsituError(f"{what}: {bad} of {len(truth)} samples have no '{TRUTH}'; drop them")
    if np.isinf(predicted).any():
        raise InsituError(f"{what}: '{PREDICTED}' holds infinite values; mend the model")
    if np.isnan(predicted).all():
        raise InsituError(f"{what}: '{PREDICTED}' is missing everywhere")
    if len(truth) > 1 and np.ptp(truth) == 0:
        raise InsituError(f"{what}: '{TRUTH}' is {truth[0]:g} in every sample: nothing to predict")
