"""Pictures of how near predictions are to what was measured."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from smmap.sinks.ramp import SM_LIMITS
from smmap.validation.samples import PREDICTED, TRUTH, name_sites

SHOWN_STATIONS = 6
"""Time series of so many stations are drawn: those with most samples."""
_BINS = 70
_INK, _SOFT, _WARM = "#095387", "0.35", "#c4561b"


def draw_density(samples: pd.DataFrame) -> Figure:
    """Predictions over truth, as many as lie in each square; the diagonal is no error."""
    figure = _start(5.2, 4.6)
    axis = figure.subplots()
    given = samples[samples[PREDICTED].notna()]
    top = max(SM_LIMITS[1], float(given[[TRUTH, PREDICTED]].max().max()))
    bottom = min(SM_LIMITS[0], float(given[PREDICTED].min()))
    *_, squares = axis.hist2d(
        given[TRUTH],
        given[PREDICTED],
        bins=_BINS,
        range=[(bottom, top), (bottom, top)],
        cmap="cividis",
        norm=LogNorm(),
    )
    axis.plot((bottom, top), (bottom, top), color=_SOFT, linewidth=0.8)
    axis.set(xlabel="measured (m³/m³)", ylabel="predicted (m³/m³)", aspect="equal")
    figure.colorbar(squares, ax=axis, label="samples")
    return figure


def draw_series(samples: pd.DataFrame) -> Figure:
    """Measured and predicted over time, of the stations with most samples."""
    sites = name_sites(samples)
    chosen = sites.value_counts(sort=False).sort_index().nlargest(SHOWN_STATIONS).index
    figure = _start(11, 1.9 * len(chosen))
    for axis, site in zip(figure.subplots(len(chosen), 1, squeeze=False).flat, chosen, strict=True):
        part = samples[sites == site].sort_values("time", kind="stable")
        moments = part["time"].dt.tz_localize(None).to_numpy()
        axis.plot(moments, part[TRUTH], ".", color=_SOFT, markersize=4, label="measured")
        axis.plot(moments, part[PREDICTED], ".", color=_WARM, markersize=4, label="predicted")
        axis.set_title(site, fontsize=9)
        axis.set_ylabel("m³/m³", fontsize=8)
        axis.tick_params(labelsize=8)
    figure.axes[0].legend(fontsize=8, ncols=2)
    return figure


def draw_curves(curves: pd.DataFrame) -> Figure:
    """Error over the number of training samples or cells, a line for each ``name``.

    Parameters
    ----------
    curves
        With ``name``, ``size`` and ``rmse`` (m3/m3), one row a fit: of repeats, median and range.
    """
    figure = _start(6.5, 4)
    axis = figure.subplots()
    for name, part in curves.groupby("name", sort=True):
        of_size = part.groupby("size")["rmse"]
        middle = of_size.median()
        (line,) = axis.plot(middle.index, middle, ".-", label=str(name))
        axis.fill_between(
            middle.index, of_size.min(), of_size.max(), color=line.get_color(), alpha=0.15
        )
    axis.set(xlabel="trained on", ylabel="RMSE (m³/m³)")
    axis.legend(fontsize=8)
    return figure


def draw_bars(values: pd.Series, label: str) -> Figure:
    """A bar for each name, the longest above: what a feature or a source is worth."""
    ordered = values.sort_values(kind="stable")
    figure = _start(7, 0.28 * len(ordered) + 1)
    axis: Axes = figure.subplots()
    axis.barh(np.arange(len(ordered)), ordered.to_numpy(), color=_INK)
    axis.set_yticks(np.arange(len(ordered)), [str(name) for name in ordered.index], fontsize=8)
    axis.axvline(0, color=_SOFT, linewidth=0.8)
    axis.set_xlabel(label)
    return figure


def _start(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure
