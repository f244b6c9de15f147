"""Harmonic analysis of a time series: clouds are rejected, what is left is smooth."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Bools, Doubles, Floats
from smmap.spec.join import Harmonic

_CHUNK = 1024
"""Pixels at a time: their series stay in the processor's cache. It changes no bit."""
_SINGULAR = 1e-10
"""A pivot below this share of the number of values is rounding."""


def compute_harmonic(
    values: Floats, age_days: Doubles, step_days: Doubles, rule: Harmonic
) -> NDArray[np.float32]:
    """The smoothed series at the overpass.

    y(t) = a0 + sum over j of a_j cos(2 pi j t / P) + b_j sin(2 pi j t / P), by least squares over
    each pixel's valid values. While the worst value on the rejected side is further than the
    tolerance from the fit, and enough are left, it is left out and the rest fitted again. The
    fit at the dates of the series is then interpolated by a cubic spline (not-a-knot) to the
    overpass; up to one step beyond the dates the fit itself goes on.

    Parameters
    ----------
    values : float array (t, y, x)
        NaN where a step has no value: it takes no part.
    age_days, step_days : float64 array (t,)
        Step minus overpass, and how long it lasts.
    rule
        Harmonics, longest period, rejection.

    Returns
    -------
    float32 array (y, x)
        NaN where fewer values than coefficients and spares are there, where they do not
        determine the fit, and where the overpass is more than a step beyond the dates.

    References
    ----------
    HANTS: Roerink, Menenti and Verhoef 2000, DOI 10.1080/014311600209814.
    """
    order = np.argsort(age_days, kind="stable")
    ages, flat = age_days[order], values.reshape(len(values), math.prod(values.shape[1:]))
    basis = _compute_basis(ages, rule)
    weights = _weigh_dates(ages, float(step_days.max(initial=0.0)), basis, rule)
    out = np.full(flat.shape[1], np.nan, np.float32)
    if weights is None or len(ages) < basis.shape[1] + rule.spare:
        return out.reshape(values.shape[1:])
    for start in range(0, flat.shape[1], _CHUNK):
        series = flat[order, start : start + _CHUNK].T.astype(np.float64, order="C")
        fit = _fit_with_rejection(series, basis, rule)
        found = np.zeros(len(series))
        for weight, coefficient in zip(weights, fit, strict=True):
            found += weight * coefficient
        out[start : start + _CHUNK] = found
    return out.reshape(values.shape[1:])


def _compute_basis(ages: Doubles, rule: Harmonic) -> Doubles:
    """(t, coefficients): one, then cosine and sine of each harmonic."""
    angle = 2.0 * np.pi * ages / rule.period_days
    turns = range(1, rule.harmonics + 1)
    columns = [wave(turn * angle) for turn in turns for wave in (np.cos, np.sin)]
    return np.stack([np.ones_like(angle), *columns], axis=1)


def _weigh_dates(ages: Doubles, step: float, basis: Doubles, rule: Harmonic) -> Doubles | None:
    """What each coefficient contributes to the smoothed series at age 0; None: it is outside."""
    dates, first = np.unique(ages, return_index=True)
    if not len(dates) or dates[0] > step or dates[-1] < -step:
        return None
    if len(dates) < 2 or dates[0] > 0 or dates[-1] < 0:
        return np.asarray(_compute_basis(np.zeros(1), rule)[0], np.float64)
    from scipy.interpolate import CubicSpline

    return np.asarray(CubicSpline(dates, basis[first])(0.0), np.float64)


def _fit_with_rejection(series: Doubles, basis: Doubles, rule: Harmonic) -> Doubles:
    """Coefficients (coefficients, pixels), NaN where there is no fit; series is (pixels, t)."""
    least = basis.shape[1] + rule.spare
    kept = np.isfinite(series)
    fit = np.full((basis.shape[1], len(series)), np.nan)
    left = np.flatnonzero(kept.sum(axis=1) >= least)
    series, kept = np.where(kept, series, 0.0)[left], kept[left]
    equations = _sum_equations(series, basis, kept)
    while left.size:
        latest = _solve(equations)
        fit[:, left] = latest
        if rule.reject == "none":
            break
        worst, off = _find_worst(series, basis, kept, latest, 1.0 if rule.reject == "low" else -1.0)
        again = (off > rule.tolerance) & (kept.sum(axis=1) > least)
        left, worst = left[again], worst[again]
        series, kept, equations = series[again], kept[again], equations[..., again]
        pixels = np.arange(len(left))
        kept[pixels, worst] = False
        equations -= _square(basis[worst].T, series[pixels, worst])
    return fit


def _find_worst(
    series: Doubles, basis: Doubles, kept: Bools, fit: Doubles, sign: float
) -> tuple[NDArray[np.intp], Doubles]:
    """Of each pixel the kept step that is furthest below the fit (times ``sign``), and how far."""
    smooth = fit[0][:, np.newaxis] * basis[:, 0]
    for coefficient, column in zip(fit[1:], basis.T[1:], strict=True):
        smooth += coefficient[:, np.newaxis] * column
    smooth -= series
    smooth *= sign
    smooth[~kept] = -np.inf
    worst = smooth.argmax(axis=1)
    return worst, smooth[np.arange(len(series)), worst]


def _sum_equations(series: Doubles, basis: Doubles, kept: Bools) -> Doubles:
    """Normal equations of the kept values: (coefficients, coefficients + 1, pixels)."""
    equations = np.zeros((basis.shape[1], basis.shape[1] + 1, len(series)))
    for step, row in enumerate(basis):
        share = kept[:, step].astype(np.float64)
        equations += _square(row[:, np.newaxis], series[:, step]) * share
    return equations


def _square(rows: Doubles, heights: Doubles) -> Doubles:
    """What values add to the normal equations: rows (coefficients, pixels or 1), heights (pixels,).

    The right side is the last column.
    """
    part = np.empty((len(rows), len(rows) + 1, len(heights)))
    part[:, :-1] = rows[:, np.newaxis] * rows
    part[:, -1] = rows * heights
    return part


def _solve(equations: Doubles) -> Doubles:
    """Coefficients by Cholesky's factors, NaN where the equations do not determine them.

    Every operation is one of a pixel by itself, in a fixed order: libraries of linear algebra
    round differently with the number of pixels.
    """
    size = len(equations)
    lower, right = equations[:, :-1].copy(), equations[:, -1].copy()
    for one in range(size):
        for two in range(one + 1):
            for inner in range(two):
                lower[one, two] -= lower[one, inner] * lower[two, inner]
            if one == two:
                enough = lower[one, one] > _SINGULAR * equations[0, 0]
                lower[one, one] = np.sqrt(np.where(enough, lower[one, one], np.nan))
            else:
                lower[one, two] /= lower[two, two]
        for inner in range(one):
            right[one] -= lower[one, inner] * right[inner]
        right[one] /= lower[one, one]
    for one in reversed(range(size)):
        for inner in range(one + 1, size):
            right[one] -= lower[inner, one] * right[inner]
        right[one] /= lower[one, one]
    return right
