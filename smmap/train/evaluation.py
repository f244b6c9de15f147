"""How good a prediction is, overall and class by class."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from smmap.features.array import Doubles
from smmap.validation.scores import compute_scores

LEAST_SHARE = 0.01
"""Of the cases, that a class must hold to be scored."""


def compute_metrics(predicted: Doubles, truth: Doubles) -> dict[str, float]:
    """Bias, RMSE, ubRMSE = sqrt(RMSE^2 - bias^2), R, and the spread of the truth itself.

    Parameters
    ----------
    predicted, truth
        Soil moisture, m3/m3, shape (n,), no NaN.

    Returns
    -------
    dict
        ``cases``, ``bias``, ``rmse``, ``ubrmse``, ``r`` and ``prior_std``: the RMSE of one who
        only knows the mean of the truth.
    """
    scores = compute_scores(predicted, truth)
    return {
        "cases": scores.count,
        "bias": round(scores.bias, 4),
        "rmse": round(scores.rmse, 4),
        "ubrmse": round(scores.ubrmse, 4),
        "r": round(scores.r, 3),
        "prior_std": round(float(truth.std()), 4),
    }


def compute_metrics_by_class(
    predicted: Doubles, truth: Doubles, values: Doubles, edges: Sequence[float]
) -> dict[str, dict[str, float]]:
    """`compute_metrics` for each class ``low <= values < high`` of consecutive ``edges``.

    A class with less than `LEAST_SHARE` of the cases is left out.
    """
    classes = {}
    for low, high in pairwise(edges):
        inside = (values >= low) & (values < high)
        if inside.mean() < LEAST_SHARE:
            continue
        classes[f"{low:g}..{high:g}"] = compute_metrics(predicted[inside], truth[inside])
    return classes
