"""The box that holds many smaller ones."""

from __future__ import annotations

from collections.abc import Iterable

Bbox = tuple[float, float, float, float]
"""West, south, east, north in degrees; west > east crosses the antimeridian."""


def merge_boxes(boxes: Iterable[Bbox]) -> Bbox:
    """The narrowest box around all ``boxes``: it leaves out the widest gap in longitude.

    Boxes may cross the antimeridian (west > east), and so may the result; a gapless ring comes
    back as -180..180.

    Raises
    ------
    ValueError
        If there is no box.
    """
    rows = list(boxes)
    # start (0..360), end (start + width), and both as they were written
    spans = sorted((w % 360, w % 360 + (e - w) + 360 * (e < w), w, e) for w, _, e, _ in rows)
    _, reach, _, last = max(spans, key=lambda span: span[1])
    reach -= 360
    widest, west, east = 0.0, -180.0, 180.0
    for start, end, w, e in spans:
        if start - reach > widest:
            widest, west, east = start - reach, w, last
        if end > reach:
            reach, last = end, e
    return west, min(row[1] for row in rows), east, max(row[3] for row in rows)
