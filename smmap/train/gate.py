"""The gate that an export passes: it predicts what its model does, or it is no export."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smmap.export.rounding import find_strays
from smmap.features.array import Doubles
from smmap.fit.fitted import Fitted, Rounded, Rows, find_allowance
from smmap.model.open_session import open_session
from smmap.model.session import Runner
from smmap.spec.errors import ModelError
from smmap.train.probe_rows import draw_probes

logger = logging.getLogger(__name__)

_CHUNK = 20_000
_COMPANY = 1000
"""Rows that are predicted once more in other company."""


@dataclass(frozen=True)
class Parity:
    """How a file compares with its model."""

    rows: int
    """Compared."""
    difference: float
    """Largest, m3/m3; of values above 1, relative."""


def check_parity(fitted: Fitted, path: Path, ranges: NDArray[np.float32], seed: int) -> Parity:
    """Compare a member with its ONNX file over `probe_rows.PROBES` rows or more.

    Parameters
    ----------
    ranges
        (inputs, 2) of the training rows, scaled.

    Raises
    ------
    ModelError
        If the file cannot be opened, has values in other rows, differs by more than
        rounding explains (`find_strays`), or predicts a row by what others it comes with.
    """
    rows = draw_probes(fitted, ranges, seed)
    session = open_session(path, "cpu", None)
    _check_alone(session, rows[:_COMPANY], path, find_allowance(fitted, rows[:_COMPANY]))
    worst = 0.0
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        apart = _compare(fitted.predict(part), session.run(part)[:, 0].astype(np.float64))
        strays = _find_strays(fitted, part, apart)
        if len(strays):
            row = strays[np.argmax(apart[strays])]
            raise ModelError(
                f"{path.name} predicts otherwise than the model it was made from: by "
                f"{apart[row]:.2g} m3/m3, where {fitted.tolerance:.0e}, or its own rounding, is "
                "allowed, for example for the scaled inputs "
                f"{[float(value) for value in part[row]]}; it is not kept{_advise(fitted)}"
            )
        worst = max(worst, float(apart.max(initial=0.0)))
    logger.info("%s equals its model within %.1e over %d rows", path.name, worst, len(rows))
    return Parity(len(rows), worst)


def _compare(native: Doubles, found: Doubles) -> Doubles:
    """(n,) how far apart, of values above 1 relatively; infinite where one alone has a value."""
    known, has = np.isfinite(native), np.isfinite(found)
    apart = np.where(known == has, 0.0, np.inf)
    both = known & has
    apart[both] = np.abs(found - native)[both] / np.maximum(1.0, np.abs(native[both]))
    return apart


def _find_strays(fitted: Fitted, rows: Rows, apart: Doubles) -> NDArray[np.intp]:
    if not isinstance(fitted, Rounded):
        return np.flatnonzero(~(apart <= fitted.tolerance))
    rounding = partial(fitted.measure_rounding, rows)
    return find_strays(apart, rows, fitted.tolerance, fitted.predict, rounding)


def _advise(fitted: Fitted) -> str:
    if fitted.is_trees and not fitted.list_thresholds():
        return ": leave out what stands before its trees, or what takes their values for branching"
    return ""


def _check_alone(session: Runner, rows: Rows, path: Path, allowance: float) -> None:
    """A map must not depend on how it is cut into batches, nor on chance."""
    found, other = session.run(rows), session.run(rows[::-1])[::-1]
    apart = np.abs(found - other) / np.maximum(1.0, np.abs(found))
    if not np.nan_to_num(apart).max(initial=0.0) <= allowance:
        raise ModelError(
            f"{path.name} predicts a row otherwise when it comes with other rows; export it for "
            "inference: no dropout, no norms over the batch"
        )
