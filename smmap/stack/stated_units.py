"""Whether the units that a file states of a variable are those that its definition counts on."""

from __future__ import annotations

import math
import re
from typing import Literal

from smmap.spec.band import Band, Units
from smmap.spec.errors import SceneError

_Kind = Literal["temperature", "length", "rate", "share"]

_STATED: dict[str, tuple[_Kind, float, float]] = {
    "k": ("temperature", 1.0, -273.15),
    "kelvin": ("temperature", 1.0, -273.15),
    **dict.fromkeys(("degc", "c", "°c", "celsius"), ("temperature", 1.0, 0.0)),
    "m": ("length", 1.0, 0.0),
    "mofwaterequivalent": ("length", 1.0, 0.0),
    "cm": ("length", 1e-2, 0.0),
    "mm": ("length", 1e-3, 0.0),
    "kgm-2": ("length", 1e-3, 0.0),
    "md-1": ("rate", 1.0, 0.0),
    "ms-1": ("rate", 86_400.0, 0.0),
    **dict.fromkeys(("kgm-2s-1", "mms-1"), ("rate", 86.4, 0.0)),
    **dict.fromkeys(("kgm-2h-1", "mmh-1"), ("rate", 0.024, 0.0)),
    **dict.fromkeys(("kgm-2d-1", "mmd-1"), ("rate", 1e-3, 0.0)),
    **dict.fromkeys(("m3m-3", "cm3cm-3"), ("share", 1.0, 0.0)),
    **dict.fromkeys(("%", "percent"), ("share", 0.01, 0.0)),
}
"""Units without blanks -> kind, and scale and offset to degC, m, m d-1 or a share of 1. A kilogram
of water on a square metre is a millimetre. What is not here is not judged."""
_WANTED: dict[Units, tuple[_Kind, float, float]] = {
    "degC": ("temperature", 1.0, 0.0),
    "K": ("temperature", 1.0, 273.15),
    "m": ("length", 1.0, 0.0),
    "m d-1": ("rate", 1.0, 0.0),
    "m3 m-3": ("share", 1.0, 0.0),
    "%": ("share", 100.0, 0.0),
}
"""A definition's units -> the way back."""
_NAMES = {"hour": "h", "hr": "h", "day": "d", "sec": "s"}


def check_stated_units(stated: object, band: Band, *, accumulated: bool) -> None:
    """Refuse a variable whose own units need another scale or offset than the definition's.

    Parameters
    ----------
    stated
        The variable's attribute ``units``; None, and what is not known here, says nothing.
    band
        What the definition makes of it.
    accumulated
        True where the band's values are amounts, which become rates later.

    Raises
    ------
    SceneError
        If the two cannot both be right.
    """
    known, wanted = _STATED.get(_normalise(stated)), _WANTED.get(band.units)
    if known is None or wanted is None:
        return
    kind, scale, offset = known
    wanted_kind = "length" if accumulated else wanted[0]
    # Water in a layer of soil (kg m-2) becomes a share by the layer's depth: nothing to compare.
    if kind != wanted_kind and not {kind, wanted_kind} <= {"length", "rate"}:
        return
    expected = (scale * wanted[1], offset * wanted[1] + wanted[2])
    right = all(
        math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)
        for one, other in zip(expected, (band.scale, band.offset), strict=True)
    )
    if kind == wanted_kind and right:
        return
    amounts = {"length": "with", "rate": "without"}[kind] if kind != wanted_kind else None
    advice = f", {amounts} 'accumulated'" if amounts else ""
    raise SceneError(
        f"{band.href}: '{band.variable}' is in '{stated}', but is read as '{band.units}' by scale "
        f"{band.scale:g} and offset {band.offset:g}; a definition of it needs scale "
        f"{expected[0]:g} and offset {expected[1]:g}{advice}"
    )


def _normalise(stated: object) -> str:
    """``kg m**-2 s**-1`` and ``kg/m^2/s`` are ``kgm-2s-1``."""
    first, *others = str(stated).lower().split("/")
    parts = [first, *(_invert(one.strip()) for one in others)]
    text = " ".join(parts).replace("**", "").replace("^", "")
    words = [
        re.sub(r"^[a-z]+", lambda found: _NAMES.get(found[0], found[0]), one)
        for one in text.split()
    ]
    return "".join(words)


def _invert(unit: str) -> str:
    found = re.fullmatch(r"(.*?)(?:\*\*|\^)?(\d+)?", unit)
    return f"{found[1]}-{found[2] or 1}" if found else unit
