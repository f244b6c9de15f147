"""Learning curves: scores of models fitted on training sets of several sizes, drawn repeatedly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from smmap.validation.samples import PREDICTED, TRUTH, need_columns
from smmap.validation.scores import compute_scores

CURVE_SCORES = ("rmse", "bias", "r")
"""Those of Zhu et al. 2025."""
TRIAL = ("training_size", "training_repeat")
"""Columns of predictions that say which training set of a scenario they come from."""
SPREAD = (0.05, 0.95)
"""Share of the repeats below the lower and the upper limit."""


def score_repeats(predictions: pd.DataFrame) -> pd.DataFrame:
    """Scores of each fit, from a table that holds the predictions of many.

    Parameters
    ----------
    predictions
        With ``predicted``, ``soil_moisture``, ``scheme`` and `TRIAL`.

    Returns
    -------
    DataFrame
        ``scheme``, ``model``, ``size``, ``repeat``, and `CURVE_SCORES`.

    Raises
    ------
    InsituError
        If a column is missing or a truth is NaN.
    """
    need_columns(predictions, ("scheme", *TRIAL, PREDICTED, TRUTH), "learning curves")
    rows = []
    for (scheme, size, repeat), part in predictions.groupby(["scheme", *TRIAL]):
        scores = compute_scores(
            part[PREDICTED].to_numpy(np.float64), part[TRUTH].to_numpy(np.float64)
        )
        found = {name: getattr(scores, name) for name in CURVE_SCORES}
        rows.append({"scheme": scheme, "model": "model", "size": size, "repeat": repeat} | found)
    return pd.DataFrame(rows)


def summarise_curves(curves: pd.DataFrame) -> pd.DataFrame:
    """Median of the repeats for each size, with its spread.

    Parameters
    ----------
    curves
        As `score_repeats` gives them, one row a fit; a score may be NaN: it does not count.

    Returns
    -------
    DataFrame
        ``scheme``, ``model``, ``size``, ``repeats``, and each of `CURVE_SCORES` with ``_low``
        and ``_high``: 5 % and 95 % of the repeats. Schemes and models in their order.

    Raises
    ------
    InsituError
        If a column is missing.
    """
    need_columns(curves, ("scheme", "model", "size", *CURVE_SCORES), "learning curves")
    rows: list[dict[str, Any]] = []
    for (scheme, model), of_model in curves.groupby(["scheme", "model"], sort=False):
        for size, part in of_model.groupby("size"):
            row: dict[str, Any] = {"scheme": scheme, "model": model, "size": size}
            rows.append(row | {"repeats": len(part)} | _summarise(part))
    return pd.DataFrame(rows)


def _summarise(part: pd.DataFrame) -> dict[str, float]:
    """Median and limits of each score."""
    found: dict[str, float] = {}
    for name in CURVE_SCORES:
        low, middle, high = part[name].quantile([SPREAD[0], 0.5, SPREAD[1]])
        found |= {name: middle, f"{name}_low": low, f"{name}_high": high}
    return found
