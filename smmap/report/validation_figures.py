"""Pictures of how near predictions are to what was measured."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from smmap.sinks.ramp import SM_LIMITS
from smmap.validation.curves import CURVE_SCORES
from smmap.validation.growth import Growth
from smmap.validation.samples import PREDICTED, TRUTH, name_sites

SHOWN_STATIONS = 6
"""Time series of so many stations are drawn: those with most samples."""
_BINS = 70
_INK, _SOFT, _WARM = "#095387", "0.35", "#c4561b"
_LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Told apart by the colour-blind (Okabe and Ito 2008); markers differ as well."""
_MARKERS = ("o", "s", "^", "D", "v", "P")
_LABELS = {"rmse": "RMSE (m³/m³)", "bias": "bias (m³/m³)", "r": "R"}


def draw_density(samples: pd.DataFrame) -> Figure:
    """Predictions over truth, as many as lie in each square; the diagonal is no error."""
    figure = _start_fixed(5.2, 4.6)
    axis = figure.subplots()
    given = samples[samples[PREDICTED].notna()]
    top = max(SM_LIMITS[1], float(given[[TRUTH, PREDICTED]].max().max()))
    bottom = min(SM_LIMITS[0], float(given[PREDICTED].min()))
    counts, *_, squares = axis.hist2d(
        given[TRUTH],
        given[PREDICTED],
        bins=_BINS,
        range=[(bottom, top), (bottom, top)],
        cmap="cividis",
        norm=LogNorm(),
    )
    squares.set_clim(1, max(2, counts.max()))
    axis.plot((bottom, top), (bottom, top), color=_SOFT, linewidth=0.8)
    axis.set(xlabel="measured (m³/m³)", ylabel="predicted (m³/m³)", aspect="equal")
    axis.set_title(f"{len(given):,} samples", fontsize=9)
    bar = figure.colorbar(squares, ax=axis, label="samples", format="%d", shrink=0.85)
    bar.ax.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(2, 0.5)))
    return figure


def draw_series(samples: pd.DataFrame) -> Figure:
    """Measured and predicted over time, of the stations with most samples."""
    sites = name_sites(samples)
    chosen = sites.value_counts(sort=False).sort_index().nlargest(SHOWN_STATIONS).index
    figure = _start_fixed(11, 1.9 * len(chosen))
    axes = figure.subplots(len(chosen), 1, squeeze=False, sharex=True)
    for axis, site in zip(axes.flat, chosen, strict=True):
        part = samples[sites == site].sort_values("time", kind="stable")
        moments = part["time"].dt.tz_localize(None).to_numpy()
        axis.plot(moments, part[TRUTH], "o", color=_SOFT, markersize=3, label="measured")
        axis.plot(moments, part[PREDICTED], "x", color=_WARM, markersize=4, label="predicted")
        axis.set_title(f"{site}, {len(part):,} samples", fontsize=9)
        axis.set_ylabel("m³/m³", fontsize=8)
        axis.tick_params(labelsize=8)
    dates = AutoDateLocator(maxticks=9)  # type: ignore[no-untyped-call]
    axis.xaxis.set_major_locator(dates)
    axis.xaxis.set_major_formatter(ConciseDateFormatter(dates))  # type: ignore[no-untyped-call]
    figure.axes[0].legend(fontsize=8, ncols=2)
    return figure


def draw_curves(summary: pd.DataFrame, size: str) -> Figure:
    """Scores over the size of the training set, a line for each model.

    Parameters
    ----------
    summary
        Of one scenario, as `curves.summarise_curves` gives it: medians and limits of repeats.
    size
        What the size counts: label of the axis.
    """
    figure = _start(11, 3.4)
    axes = figure.subplots(1, len(CURVE_SCORES))
    for axis, score in zip(axes, CURVE_SCORES, strict=True):
        for number, name in enumerate(dict.fromkeys(summary["model"])):
            part = summary[summary["model"] == name]
            colour, marker = _LINES[number % len(_LINES)], _MARKERS[number % len(_MARKERS)]
            sizes = part["size"]
            axis.plot(sizes, part[score], marker=marker, color=colour, label=name)
            low, high = part[f"{score}_low"], part[f"{score}_high"]
            axis.fill_between(sizes, low, high, color=colour, alpha=0.15, linewidth=0)
        axis.set(xlabel=f"trained on ({size})", ylabel=_LABELS[score])
    axes[0].legend(fontsize=8)
    return figure


def draw_bars(growths: Mapping[str, Growth], label: str) -> Figure:
    """A bar for each name with its interval, the longest above: what an input is worth."""
    ordered = sorted(growths.items(), key=lambda one: one[1].value)
    values = np.array([[one.value, one.low, one.high] for _, one in ordered])
    places = np.arange(len(ordered))
    figure = _start(7, 0.28 * len(ordered) + 1)
    axis: Axes = figure.subplots()
    axis.barh(places, values[:, 0], color=_INK)
    known = ~np.isnan(values[:, 1:]).any(axis=1)
    axis.hlines(places[known], values[known, 1], values[known, 2], color=_WARM, linewidth=1.5)
    axis.set_yticks(places, [name for name, _ in ordered], fontsize=8)
    axis.axvline(0, color=_SOFT, linewidth=0.8)
    axis.set_xlabel(label)
    return figure


def _start(width: float, height: float) -> Figure:
    """An empty figure whose margins fit whatever is drawn, which takes as long as drawing it."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _start_fixed(width: float, height: float) -> Figure:
    """An empty figure, sides in inches, with margins for short labels."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    left, right, bottom, top = 0.7 / width, 1 - 0.15 / width, 0.5 / height, 1 - 0.3 / height
    figure.subplots_adjust(left, bottom, right, top, hspace=0.25)
    return figure
