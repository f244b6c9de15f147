"""What a fitted member can do, whichever library fitted it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smmap.export.rounding import ROUNDINGS, measure_steepness
from smmap.features.array import Doubles
from smmap.spec.card import ModelInput, RadarMeaning

Rows = NDArray[np.float32]
"""(n, inputs), scaled as the card says."""


@dataclass(frozen=True)
class Lesson:
    """What a member is fitted on."""

    rows: Rows
    """(n, inputs)."""
    truth: Doubles
    """(n,) m3/m3."""
    groups: pd.Series
    """(n,) what rows that stop a fit keep whole."""
    steps: int = 1
    """Overpasses side by side in a row, each of as many columns."""
    inputs: tuple[ModelInput, ...] = ()
    """What the columns are; only the member ``physics`` asks."""
    radiometry: RadarMeaning | None = None
    """Of radar columns."""


class Fitted(Protocol):
    """One member in its own library."""

    @property
    def is_trees(self) -> bool:
        """True: steps at thresholds, any number is allowed."""

    @property
    def takes_missing(self) -> bool:
        """True: it has a value for rows that lack inputs."""

    @property
    def tolerance(self) -> float:
        """Largest difference between it and its ONNX file, m3/m3, for inputs seen in training."""

    @property
    def detail(self) -> str:
        """Its architecture in words."""

    def predict(self, rows: Rows) -> Doubles:
        """(n,) m3/m3; NaN for a row that lacks inputs, where it takes none of these."""

    def list_thresholds(self) -> Mapping[int, NDArray[np.float32]]:
        """Input -> where its trees branch; empty where that is not known, and for others."""

    def write(self, path: Path) -> None:
        """Write it as ONNX."""


@runtime_checkable
class Rounded(Protocol):
    """A member that computes in float32, which can cost it more digits than its tolerance has."""

    def measure_rounding(self, rows: Rows) -> float:
        """Largest difference between what it predicts and what it would in float64, m3/m3."""


def find_allowance(fitted: Fitted, rows: Rows) -> float:
    """How far an export may be from a member over some rows, m3/m3.

    Its tolerance, or some times its own rounding: the export rounds as coarsely, in another order.
    """
    if not isinstance(fitted, Rounded):
        return fitted.tolerance
    return max(fitted.tolerance, ROUNDINGS * fitted.measure_rounding(rows))


def find_allowances(fitted: Fitted, rows: Rows) -> Doubles:
    """(n,) How far an export may be from a member at each row, m3/m3.

    As `find_allowance`, or some times what the last digits of its inputs are worth there.
    """
    allowance: Doubles = np.full(len(rows), find_allowance(fitted, rows))
    if not isinstance(fitted, Rounded):
        return allowance
    steep = ROUNDINGS * measure_steepness(fitted.predict, rows)
    return np.asarray(np.maximum(allowance, steep))
