"""All pictures of a run on one sheet, by time, with the same colours.

Drawn by Pillow: matplotlib takes longer to lay out a sheet than a small run takes to map it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import distribution
from io import BytesIO
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from smmap.sinks.quicklook import PNG_LEVEL
from smmap.sinks.ramp import SM_LIMITS, compute_rgba

MAX_MAPS = 60
"""More would not be seen on one sheet; the report links to every item."""

_COLUMNS = 5
_PANEL = 256
"""Width of a panel's paper, as all measures here in pixels of the sheet."""
_GAP, _LINE = 12, 18
"""Between panels; of a line of text."""
_BAR = (240, 14)
_TITLE_FONT, _NOTE_FONT = 12, 11
_PAPER, _INK = (224, 224, 224), (0, 0, 0)

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
    """A PNG with one panel a map, row by row in order of time, and one colour bar for all."""
    shown = sorted(maps, key=lambda one: one.moment)
    columns = min(_COLUMNS, len(shown))
    paper = max(_measure(one.frame)[1] for one in shown)
    across, down = _PANEL + _GAP, paper + 2 * _LINE + _GAP
    rows = math.ceil(len(shown) / columns)
    size = (columns * across + _GAP, rows * down + 2 * _GAP + _BAR[1] + 3 * _LINE)
    sheet = Image.new("RGB", size, "white")
    for number, one in enumerate(shown):
        row, column = divmod(number, columns)
        _draw_map(sheet, one, _GAP + column * across, _GAP + row * down)
    _draw_bar(sheet, _GAP, _GAP + rows * down)
    buffer = BytesIO()
    sheet.save(buffer, format="png", compress_level=PNG_LEVEL)
    return buffer.getvalue()


def _measure(frame: Box) -> tuple[int, int]:
    """Width and height of a frame's paper: its longer side is a panel's width."""
    width, height = frame[2] - frame[0], frame[3] - frame[1]
    scale = _PANEL / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _draw_map(sheet: Image.Image, one: SheetMap, x: int, y: int) -> None:
    """Title, map on its paper, and note, from the upper left corner of the panel down."""
    draw = ImageDraw.Draw(sheet)
    draw.text((x, y + 3), one.title, _INK, _load_font(_TITLE_FONT))
    width, height = _measure(one.frame)
    paper = Image.new("RGB", (width, height), _PAPER)
    left, bottom, right, top = one.frame
    across, up = width / (right - left), height / (top - bottom)
    corner = round((one.edges[0] - left) * across), round((top - one.edges[3]) * up)
    end = round((one.edges[2] - left) * across), round((top - one.edges[1]) * up)
    with Image.open(one.picture) as image:
        colours = image.convert("RGBA")
    size = max(1, end[0] - corner[0]), max(1, end[1] - corner[1])
    colours = colours.resize(size, Image.Resampling.NEAREST)
    paper.paste(colours, corner, colours)
    sheet.paste(paper, (x, y + _LINE))
    draw.rectangle((x, y + _LINE, x + width - 1, y + _LINE + height - 1), outline=_INK)
    draw.text((x, y + _LINE + height + 3), one.note, _INK, _load_font(_NOTE_FONT))


def _draw_bar(sheet: Image.Image, x: int, y: int) -> None:
    """Colours of soil moisture with their limits and what they mean."""
    width, height = _BAR
    stops = np.broadcast_to(np.linspace(*SM_LIMITS, width), (height, width))
    sheet.paste(Image.fromarray(compute_rgba(stops)).convert("RGB"), (x, y))
    draw, font = ImageDraw.Draw(sheet), _load_font(_NOTE_FONT)
    low, high = SM_LIMITS
    for share, anchor in ((0.0, "la"), (0.5, "ma"), (1.0, "ra")):
        place = (x + share * width, y + height + 2)
        draw.text(place, f"{low + share * (high - low):g}", _INK, font, anchor=anchor)
    words = "soil moisture (m³/m³); grey: no value\nvalid: of the area that the pass covers"
    draw.text((x, y + height + _LINE), words, _INK, font)


@cache
def _load_font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans as matplotlib brings it, found without importing matplotlib."""
    place = distribution("matplotlib").locate_file("matplotlib/mpl-data/fonts/ttf/DejaVuSans.ttf")
    return ImageFont.truetype(str(place), size)
