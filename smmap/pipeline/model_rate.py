"""How many pixels a second a model maps on one core of this machine, in a short trial."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smmap.model.model import Model
from smmap.model.package import load_golden, load_model
from smmap.model.session import Device
from smmap.model.window_model import WindowModel
from smmap.spec.windows import CELL

_FIRST_ROWS, _MOST_ROWS = 2048, 65_536
_ENOUGH_S = 0.2
"""A trial of that length is believed; what is slow is not tried on more rows."""


def measure_rate(package: Path, device: Device) -> float:
    """Pixels (of a model with windows, cells) a second, the model alone.

    Parameters
    ----------
    package
        A model package's folder.
    device
        As of `smmap.model.package.load_model`.

    Raises
    ------
    ModelError
        If the package cannot be opened.
    """
    model = load_model(package, device, 1)
    if isinstance(model, WindowModel):
        return _time_cells(model)
    golden = load_golden(package)
    valued = np.isfinite(golden.outputs)
    rows = golden.inputs[valued] if valued.any() else golden.inputs
    return _time_rows(model, draw_like(rows, _MOST_ROWS))


def draw_like(rows: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Rows no two of which are alike, of the values that others have.

    Trees follow pixels together as long as their branches are one; where all pixels are the same
    they all but follow a single one, several times as fast as a scene's. A scene's neighbours are
    not the same, but more alike than these rows, on which trees are slower than on any scene.

    Parameters
    ----------
    rows
        (n, columns) that a model may be given; NaN is a missing input.
    count
        Rows to draw.

    Returns
    -------
    ndarray
        (count, columns): each column drawn from its own values, always the same ones.
    """
    rng = np.random.default_rng(0)
    return np.stack([column[rng.integers(len(rows), size=count)] for column in rows.T], axis=1)


def _time_rows(model: Model, rows: NDArray[np.float32]) -> float:
    """The first, few rows warm up what is made at first use."""
    count = _FIRST_ROWS
    while True:
        started = time.perf_counter()
        model.predict(rows[:count])
        seconds = time.perf_counter() - started
        if seconds >= _ENOUGH_S or count >= len(rows):
            return min(count, len(rows)) / seconds
        count *= 4


def _time_cells(model: WindowModel) -> float:
    """Over one chunk: a network takes the same time whatever it is given."""
    windows = model.windows
    images = {
        one.name: np.full((1, len(one.inputs), *[windows.compute_side(one)] * 2), 0.5, np.float32)
        for one in windows.branches
    }
    images[CELL] = np.full((1, model.numbers, windows.chunk, windows.chunk), 0.5, np.float32)
    started = time.perf_counter()
    model.estimate_cells(images)
    return windows.chunk**2 / (time.perf_counter() - started)
