"""Maps of a simulated world beside its truth, as a section of the run's report."""

from __future__ import annotations

import posixpath
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from smmap.product.layout import LAYOUT
from smmap.report.colours import SM_COLOURS
from smmap.report.comparison import DENSE, Comparison, Pair
from smmap.report.picture import encode_png
from smmap.report.run_report import write_run_report
from smmap.sinks.ramp import SM_LIMITS
from smmap.store.folder import FolderOutput

_PICTURE = "comparison.png"
_DIFFERENCE_LIMIT = 0.25
"""Of the difference maps' colours, m3/m3."""


def write_comparison(maps: Path, comparison: Comparison, *, title: str) -> Path:
    """Add scores and pictures of map and truth to the output's report; the page."""
    store = FolderOutput(maps)
    folder = posixpath.dirname(LAYOUT.report)
    with store.open_staging() as staging:
        store.put(f"{folder}/{_PICTURE}", encode_png(_draw(comparison)), staging)
        sections = [_describe(comparison)]
        page = write_run_report(store, [], staging=staging, title=title, sections=sections)
    return maps / page


def _describe(comparison: Comparison) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{one.count:,}</td><td>{one.rmse:.3f}</td>"
        f"<td>{one.bias:+.3f}</td><td>{one.correlation:.2f}</td><td>{one.spread:.3f}</td></tr>"
        for name, one in comparison.scores.items()
    )
    return (
        "<h2>Maps beside the known truth</h2><p>The world is simulated, so the truth is known at "
        "every pixel. The spread is the truth's standard deviation: the error of knowing its mean "
        "only.</p><div class='scroll'><table><tr><th>Pixels</th><th>Number</th><th>RMSE (m³/m³)"
        f"</th><th>Bias</th><th>R</th><th>Spread</th></tr>{rows}</table></div>"
        f"<p><img src='{_PICTURE}' alt='Truth, map and difference of two overpasses; scatter and "
        "time series'></p>"
    )


def _draw(comparison: Comparison) -> Figure:
    pairs = sorted(comparison.pairs, key=lambda one: np.isfinite(one.sm).mean(), reverse=True)
    shown = sorted(pairs[:2], key=lambda one: one.item.overpass.datetime)
    figure = Figure(figsize=(12, 3.1 * len(shown) + 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    parts: Any = figure.subfigures(2, 1, height_ratios=[3.1 * len(shown), 3.6])
    upper, lower = parts
    for axes, pair in zip(upper.subplots(len(shown), 4, squeeze=False), shown, strict=True):
        _draw_pair(axes, pair)
    scatter, series = lower.subplots(1, 2)
    _draw_scatter(scatter, comparison)
    _draw_series(series, comparison)
    return figure


def _draw_pair(axes: np.ndarray, pair: Pair) -> None:
    """Truth, map, difference and quality of one overpass."""
    moment = f"{pair.item.overpass.datetime:%Y-%m-%d %H:%M}"
    difference = pair.sm - pair.truth
    limit = _DIFFERENCE_LIMIT
    dense = np.where(np.isfinite(pair.sm), (pair.quality & DENSE) > 0, np.nan)
    for axis, values, title, cmap, limits in (
        (axes[0], pair.truth, f"truth {moment}", SM_COLOURS, SM_LIMITS),
        (axes[1], pair.sm, "map", SM_COLOURS, SM_LIMITS),
        (axes[2], difference, f"map - truth (±{limit:g})", "RdBu", (-limit, limit)),
        (axes[3], dense, "dense vegetation (green)", "Greens", (0, 1)),
    ):
        axis.imshow(values, cmap=cmap, vmin=limits[0], vmax=limits[1], interpolation="nearest")
        axis.set_title(title, fontsize=9)
        axis.set_facecolor("0.85")
        axis.set_xticks([])
        axis.set_yticks([])


def _draw_scatter(axis: Axes, comparison: Comparison) -> None:
    truth = np.concatenate([one.truth.ravel() for one in comparison.pairs])
    sm = np.concatenate([one.sm.ravel() for one in comparison.pairs])
    sparse = np.concatenate([(one.quality.ravel() & DENSE) == 0 for one in comparison.pairs])
    both = np.isfinite(truth) & np.isfinite(sm) & sparse
    axis.hist2d(
        truth[both], sm[both], bins=80, range=[SM_LIMITS, SM_LIMITS], cmap="cividis", cmin=1
    )
    axis.plot(SM_LIMITS, SM_LIMITS, color="0.4", linewidth=0.8)
    axis.set_xlabel("truth (m³/m³)")
    axis.set_ylabel("map (m³/m³)")
    axis.set_title("pixels that are not dense", fontsize=9)
    axis.set_aspect("equal")


def _draw_series(axis: Axes, comparison: Comparison) -> None:
    """Medians over pixels that are not dense, by overpass."""
    rows = []
    for one in comparison.pairs:
        usable = np.isfinite(one.sm) & np.isfinite(one.truth) & ((one.quality & DENSE) == 0)
        if usable.any():
            state = one.item.overpass.orbit_state or "unknown"
            medians = np.median(one.truth[usable]), np.median(one.sm[usable])
            rows.append((one.item.overpass.datetime, state, *medians))
    axis.plot(_times(rows), [row[2] for row in rows], color="0.3", label="truth")
    for state, marker in (("ascending", "^"), ("descending", "v"), ("unknown", "o")):
        chosen = [row for row in rows if row[1] == state]
        if chosen:
            axis.plot(
                _times(chosen),
                [row[3] for row in chosen],
                marker,
                color="#095387",
                label=f"map, {state}",
            )
    axis.set_ylim(*SM_LIMITS)
    axis.set_ylabel("median soil moisture (m³/m³)")
    axis.set_title("all orbits on one time axis", fontsize=9)
    axis.tick_params(axis="x", labelrotation=30, labelsize=8)
    axis.legend(fontsize=8)


def _times(rows: list[tuple[Any, ...]]) -> NDArray[np.datetime64]:
    return np.array([row[0].replace(tzinfo=None) for row in rows], dtype="datetime64[s]")
