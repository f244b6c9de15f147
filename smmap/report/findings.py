"""What training found besides predictions, as sections of the page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from smmap.report.picture import encode_png
from smmap.report.validation_figures import draw_bars, draw_curves
from smmap.spec.errors import InsituError
from smmap.validation.curves import summarise_curves
from smmap.validation.growth import Growth

_GROWTH = "growth of the RMSE (m³/m³)"
_SIZES = {
    "zhu-dependent": "% of the samples",
    "zhu-temporal": "samples of each cell",
    "zhu-spatial": "cells",
    "zhu-regional": "samples of the network",
}


@dataclass(frozen=True)
class Findings:
    """Each part that is there gets its section."""

    curves: pd.DataFrame | None = None
    """Scores of the fits of scenarios: see `validation.curves`."""
    importance: Mapping[str, Growth] | None = None
    """Inputs -> growth of the RMSE when they are shuffled."""
    ablation: Mapping[str, Growth] | None = None
    """Inputs -> growth of the RMSE when the model is trained without them."""


def draw_growths(findings: Findings) -> list[tuple[str, str, str]]:
    """Heading, note and picture of importance and ablation.

    Raises
    ------
    InsituError
        If a value is missing.
    """
    found = []
    for heading, note, growths in (
        ("Feature importance", "when a feature is shuffled among the test rows", "importance"),
        ("Without a source", "when the model is trained without it, on the same rows", "ablation"),
    ):
        of_name: Mapping[str, Growth] | None = getattr(findings, growths)
        if of_name is None:
            continue
        if not of_name or any(np.isnan(one.value) for one in of_name.values()):
            raise InsituError(f"{heading}: a value is missing for each name that is given")
        picture = embed(draw_bars(of_name, _GROWTH))
        found.append((heading, f"Growth of the RMSE {note}; lines are intervals.", picture))
    return found


def draw_scenarios(curves: pd.DataFrame | None) -> list[tuple[str, str, str, list[dict[str, Any]]]]:
    """Scenario, what its sizes count, picture, and rows of each scenario.

    Raises
    ------
    InsituError
        If a column is missing.
    """
    if curves is None or curves.empty:
        return []
    summary = summarise_curves(curves)
    found = []
    for scheme, part in summary.groupby("scheme", sort=False):
        size = _SIZES.get(str(scheme), "size")
        rows = [{str(key): value for key, value in row.items()} for row in part.to_dict("records")]
        found.append((str(scheme), size, embed(draw_curves(part, size)), rows))
    return found


def embed(figure: Figure) -> str:
    """The figure as an address that holds it."""
    return "data:image/png;base64," + b64encode(encode_png(figure)).decode()
