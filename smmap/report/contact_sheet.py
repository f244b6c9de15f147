"""All pictures of a run on one sheet, by time, with the same colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from smmap.report.colours import SM_COLOURS
from smmap.report.picture import encode_png
from smmap.sinks.ramp import SM_LIMITS

MAX_MAPS = 60
"""More would not be seen on one sheet; the report links to every item."""

_PANEL_PIXELS = 320
"""A side of a panel is printed with fewer; more would only be memory."""

Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""


@dataclass(frozen=True)
class SheetMap:
    """One map of the sheet."""

    title: str
    """Above the map."""
    moment: datetime
    """Order on the sheet."""
    picture: BinaryIO
    """PNG in the colours of soil moisture; transparent pixels show grey paper."""
    edges: Box
    """Where the picture lies."""
    frame: Box
    """What the panel shows: the same for all maps of a tile."""
    note: str = ""
    """Below the map."""


def draw_contact_sheet(maps: Sequence[SheetMap]) -> bytes:
    """A PNG with one panel a map and one colour bar for all."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

    shown = sorted(maps, key=lambda one: one.moment)
    columns = min(5, len(shown))
    rows = math.ceil(len(shown) / columns)
    left, bottom, right, top = shown[0].frame
    side = 2.4
    size = (columns * side + 1.1, rows * (side * (top - bottom) / (right - left) + 0.75))
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, one in zip(axes.flat, shown, strict=False):
        left, bottom, right, top = one.frame
        extent = (one.edges[0], one.edges[2], one.edges[1], one.edges[3])
        axis.set_axis_on()
        axis.imshow(_load_thumbnail(one.picture), extent=extent, interpolation="nearest")
        axis.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[], facecolor="0.88")
        axis.set_title(one.title, fontsize=8)
        axis.set_xlabel(one.note, fontsize=7)
    colours = ScalarMappable(Normalize(*SM_LIMITS), SM_COLOURS)
    bar = figure.colorbar(colours, ax=axes, shrink=0.6, pad=0.02)
    bar.set_label("soil moisture (m³/m³); grey: no value", fontsize=8)
    return encode_png(figure)


def _load_thumbnail(picture: BinaryIO) -> NDArray[np.uint8]:
    """(h, w, 4) RGBA, every so many pixels."""
    from PIL import Image

    with Image.open(picture) as image:
        colours = image.convert("RGBA")
    colours.thumbnail((_PANEL_PIXELS, _PANEL_PIXELS), Image.Resampling.NEAREST)
    return np.asarray(colours)
