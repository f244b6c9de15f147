"""All maps of a run on one sheet, by time, with the same colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from smmap.report.colours import SM_COLOURS
from smmap.report.picture import encode_png
from smmap.sinks.ramp import SM_LIMITS

MAX_MAPS = 60
"""More would not be seen on one sheet; the report links to every item."""


@dataclass(frozen=True)
class SheetMap:
    """One map of the sheet."""

    title: str
    """Above the map."""
    moment: datetime
    """Order on the sheet."""
    sm: NDArray[np.float32]
    """(h, w), m3/m3; NaN is drawn as grey paper."""
    note: str = ""
    """Below the map."""


def draw_contact_sheet(maps: Sequence[SheetMap]) -> bytes:
    """A PNG with one panel a map and one colour bar for all."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = sorted(maps, key=lambda one: one.moment)
    columns = min(5, len(shown))
    rows = math.ceil(len(shown) / columns)
    height, width = shown[0].sm.shape
    side = 2.4
    figure = Figure(
        figsize=(columns * side + 1.1, rows * (side * height / width + 0.75)), layout="constrained"
    )
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False)
    drawn = None
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, one in zip(axes.flat, shown, strict=False):
        axis.set_axis_on()
        axis.set_xticks([])
        axis.set_yticks([])
        axis.set_facecolor("0.88")
        drawn = axis.imshow(
            one.sm, cmap=SM_COLOURS, vmin=SM_LIMITS[0], vmax=SM_LIMITS[1],
            interpolation="nearest",
        )  # fmt: skip
        axis.set_title(one.title, fontsize=8)
        axis.set_xlabel(one.note, fontsize=7)
    if drawn is not None:
        bar = figure.colorbar(drawn, ax=axes, shrink=0.6, pad=0.02)
        bar.set_label("soil moisture (m³/m³); grey: no value", fontsize=8)
    return encode_png(figure)
