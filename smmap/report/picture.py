"""Figures as files."""

from __future__ import annotations

from io import BytesIO

from matplotlib.figure import Figure

_DOTS_AN_INCH = 110


def encode_png(figure: Figure) -> bytes:
    """PNG of a figure; the same figure gives the same bytes."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=_DOTS_AN_INCH, metadata={"Software": ""})
    return buffer.getvalue()
