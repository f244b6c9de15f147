"""The gate of networks with windows: the file predicts what the network does, cell by cell."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from smmap.model.window_session import WindowSession
from smmap.patchnet.network import TwoBranchNetwork
from smmap.spec.errors import ModelError
from smmap.spec.windows import CELL, SizedWindows
from smmap.train.gate import Parity

logger = logging.getLogger(__name__)

TOLERANCE = 1e-5
"""Largest difference, m3/m3; of values above 1, relative: the runtime folds batch norms."""
CELLS = 2048
"""Compared, at least, by whole chunks as a run computes them."""
_GRAIN = 7
"""Pixels of the larger spots that images are drawn with."""

Images = dict[str, NDArray[np.float32]]
Ranges = Mapping[str, NDArray[np.float32]]
"""Branch, or ``numbers`` -> (layers, 2) smallest and largest in training, scaled."""


def check_window_parity(
    network: TwoBranchNetwork, path: Path, windows: SizedWindows, ranges: Ranges, seed: int
) -> Parity:
    """Compare a network with its ONNX file.

    Over chunks of cells drawn within the training ranges, one width beyond, at the ranges' ends,
    and far out; in one chunk also with the network sliding over each cell's own window.

    Raises
    ------
    ModelError
        If they differ by more than the tolerance, or a value is not finite.
    """
    session = WindowSession(path, "cpu", [*(one.name for one in windows.branches), CELL])
    worst, cells = 0.0, 0
    for number in range(max(4, -(-CELLS // windows.chunk**2))):
        wider = (0.0, 1.0, None, 10.0)[number % 4]
        images = draw_images(windows, ranges, windows.chunk, seed + number, wider)
        found = session.run_images(images)[0, 0].astype(np.float64)
        expected = [run_network(network, images)[0, 0]]
        if number == 0:
            expected.append(slide(network, images, windows))
        for one in expected:
            worst = max(worst, _measure(found, one, path))
        cells += found.size
    logger.info("%s equals its network within %.1e over %d cells", path.name, worst, cells)
    return Parity(cells, worst)


def draw_images(
    windows: SizedWindows, ranges: Ranges, cells: int, seed: int, wider: float | None = 0.0
) -> Images:
    """Images of so many cells a side, spots of several sizes over each other.

    Parameters
    ----------
    wider
        Widths by which values may lie beyond the ranges; None: at their ends alone.
    """
    rng = np.random.default_rng(seed)
    sides = {
        one.name: (cells - 1) * windows.count_pixels(one) + one.window for one in windows.branches
    }
    found = {}
    for name, side in {**sides, CELL: cells}.items():
        low, high = (one[:, None, None].astype(np.float64) for one in ranges[name].T)
        few = -(-side // _GRAIN)
        drawn = rng.random((len(low), few, few)).repeat(_GRAIN, 1).repeat(_GRAIN, 2)
        drawn = (drawn[:, :side, :side] + rng.random((len(low), side, side))) / 2
        drawn = np.rint(drawn) if wider is None else drawn * (1 + 2 * wider) - wider
        found[name] = (low + drawn * (high - low)).astype(np.float32)[None]
    return found


def run_network(network: TwoBranchNetwork, images: Images) -> NDArray[np.float64]:
    """(n, 1, rows, columns) m3/m3."""
    with torch.inference_mode():
        found = network(*(torch.from_numpy(one) for one in images.values()))
    return np.asarray(found.double().numpy())


def slide(network: TwoBranchNetwork, images: Images, windows: SizedWindows) -> NDArray[np.float64]:
    """Each cell by itself, from its own window: (rows, columns) m3/m3."""
    rows, columns = images[CELL].shape[-2:]
    found = np.empty((rows, columns))
    for row in range(rows):
        for column in range(columns):
            own = {}
            for one in windows.branches:
                step, side = windows.count_pixels(one), one.window
                top, left = row * step, column * step
                own[one.name] = images[one.name][:, :, top : top + side, left : left + side]
            own[CELL] = images[CELL][:, :, row : row + 1, column : column + 1]
            found[row, column] = run_network(network, own)[0, 0, 0, 0]
    return found


def _measure(found: NDArray[np.float64], expected: NDArray[np.float64], path: Path) -> float:
    apart = np.abs(found - expected) / np.maximum(1.0, np.abs(expected))
    worst = float(apart.max())
    if worst <= TOLERANCE:
        return worst
    raise ModelError(
        f"{path.name} predicts otherwise than the network it was made from: by {worst:.2g} m3/m3, "
        f"where {TOLERANCE:.0e} is allowed; it is not kept"
    )
