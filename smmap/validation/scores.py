"""How near predictions are to the truth.

With e = predicted - truth, over n samples:

- bias = mean(e); MAE = mean(abs(e)); RMSE = sqrt(mean(e^2))
- ubRMSE = sqrt(RMSE^2 - bias^2), the standard deviation of e (Entekhabi et al. 2010,
  doi:10.1175/2010JHM1223.1)
- R: Pearson's correlation
- R2 in two definitions that papers both call R2: the squared correlation, which forgives bias and
  scale, and the coefficient of determination 1 - sum(e^2) / sum((truth - mean(truth))^2), which
  does not, and may be negative (also known as Nash-Sutcliffe efficiency)
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from smmap.features.array import Doubles
from smmap.spec.errors import InsituError

NO_SPREAD = 1e-7
"""Standard deviation, m3/m3, below which values count as constant: correlation is then NaN."""


@dataclass(frozen=True)
class Scores:
    """Of one set of samples; NaN where a score is not defined."""

    count: int
    """Samples with truth and prediction."""
    bias: float
    """m3/m3; above 0 where predictions are too wet."""
    mae: float
    """m3/m3."""
    rmse: float
    """m3/m3."""
    ubrmse: float
    """m3/m3."""
    r: float
    """NaN if either side does not vary."""
    r2_correlation: float
    """R squared."""
    r2_determination: float
    """1 - SSE/SST; NaN if the truth does not vary."""


SCORE_NAMES = tuple(one.name for one in fields(Scores) if one.name != "count")


def compute_scores(predicted: Doubles, truth: Doubles) -> Scores:
    """Score predictions; those that are NaN are left out.

    Parameters
    ----------
    predicted, truth
        (n,) m3/m3.

    Raises
    ------
    InsituError
        If the shapes differ, or a truth is NaN or infinite.
    """
    sums = compute_sums(predicted, truth).sum(axis=0)
    values = {name: float(value) for name, value in score_sums(sums).items()}
    return Scores(count=int(sums[0]), **values)


def compute_sums(predicted: Doubles, truth: Doubles) -> Doubles:
    """What each sample adds to the sums that all scores follow from; shape (n, 9).

    Sums of any set of samples, with repeats, give that set's scores through `score_sums`; samples
    without a prediction add nothing.

    Raises
    ------
    InsituError
        If the shapes differ, or a truth is NaN or infinite.
    """
    predicted, truth = np.asarray(predicted, np.float64), np.asarray(truth, np.float64)
    if predicted.shape != truth.shape or predicted.ndim != 1:
        raise InsituError(f"{predicted.shape} predictions for {truth.shape} truths: give as many")
    if not np.isfinite(truth).all():
        raise InsituError("a truth is NaN or infinite; drop such samples before scoring")
    given = ~np.isnan(predicted)
    # About their means, so that the sums of squares lose no digits.
    x, y = (np.where(given, one - _mean(one[given]), 0.0) for one in (predicted, truth))
    e = np.where(given, predicted - truth, 0.0)
    return np.column_stack([given, e, np.abs(e), e * e, x, y, x * x, y * y, x * y])


def _mean(values: Doubles) -> float:
    return float(values.mean()) if values.size else 0.0


def score_sums(sums: Doubles) -> dict[str, Doubles]:
    """Each score of `SCORE_NAMES` for sums of shape (..., 9)."""
    n, e, absolute, square, x, y, xx, yy, xy = np.moveaxis(np.asarray(sums, np.float64), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        bias, mse = e / n, square / n
        x_variance, y_variance = xx / n - (x / n) ** 2, yy / n - (y / n) ** 2
        x_variance, y_variance = (
            np.where(one > NO_SPREAD**2, one, np.nan) for one in (x_variance, y_variance)
        )
        r = (xy / n - x * y / n**2) / np.sqrt(x_variance * y_variance)
        r = np.clip(r, -1, 1)
        return {
            "bias": bias,
            "mae": absolute / n,
            "rmse": np.sqrt(mse),
            "ubrmse": np.sqrt(np.maximum(mse - bias**2, 0)),
            "r": r,
            "r2_correlation": r**2,
            "r2_determination": 1 - mse / y_variance,
        }
