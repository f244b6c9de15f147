"""How coarsely a PyTorch network rounds."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Predict = Callable[[NDArray[np.float32]], NDArray[np.floating[Any]]]
"""(n, features) to (n,) or (n, columns)."""

ROUNDINGS = 4
"""How many times its own rounding a file may be from its network, as it rounds in another order."""
_NEIGHBOURS = 64
_STEEP = 0.01
"""Share of rows, at most, that may be so steep that only their own inputs' digits excuse them."""


def measure_rounding(network: Any, inputs: NDArray[np.float32]) -> float:
    """Largest difference between what a network gives and what it would in float64.

    Parameters
    ----------
    network
        A ``torch.nn.Module`` ready for prediction, on the CPU.
    inputs
        (n, features).
    """
    import torch

    with torch.inference_mode():
        found = network(torch.from_numpy(inputs)).double()
        exact = to_double(network)(torch.from_numpy(inputs).double())
    return float((found - exact).abs().max()) if found.numel() else 0.0


def to_double(network: Any) -> Any:
    """A copy in float64, with the constants that are no buffers of their modules."""
    import torch

    exact = copy.deepcopy(network).double()
    for module in exact.modules():
        for name, value in vars(module).items():
            if isinstance(value, torch.Tensor) and value.is_floating_point():
                setattr(module, name, value.double())
    return exact


def measure_steepness(predict: Predict, rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far predictions move when inputs move by their last digits.

    At a few rows of many thousands a network can be so steep that it amplifies what it rounds a
    thousand times over. Its rounding there is chance; how steep it is, is not.

    Returns
    -------
    ndarray
        (n,) largest difference from what it gives for some neighbours, each value of which is the
        float32 above or below; 0 where it has no value.
    """
    rng = np.random.default_rng(0)
    ends = np.array([-np.inf, np.inf], np.float32)
    middle = predict(rows).astype(np.float64)
    largest = np.zeros(len(rows))
    for _ in range(_NEIGHBOURS):
        moved = predict(np.nextafter(rows, rng.choice(ends, rows.shape)))
        largest = np.fmax(largest, np.abs(moved - middle).reshape(len(rows), -1).max(axis=1))
    return largest


def find_strays(
    apart: NDArray[np.float64],
    rows: NDArray[np.float32],
    tolerance: float,
    predict: Predict,
    rounding: Callable[[], float],
) -> NDArray[np.intp]:
    """Rows at which a file is further from its network than rounding explains.

    Parameters
    ----------
    apart
        (n,) how far; NaN never is near enough.
    rows
        (n, features).
    tolerance
        What is allowed anywhere; so are `ROUNDINGS` times the network's rounding over these rows,
        and at a few rows as many times what the last digits of their inputs are worth.
    predict, rounding
        The network, and the largest it rounds over these rows; asked only if they are needed.

    Returns
    -------
    ndarray
        Of places.
    """
    strays = np.flatnonzero(~(apart <= tolerance))
    if len(strays):
        strays = np.flatnonzero(~(apart <= max(tolerance, ROUNDINGS * rounding())))
    if 0 < len(strays) <= _STEEP * len(rows):
        allowed = ROUNDINGS * measure_steepness(predict, rows[strays])
        strays = strays[~(apart[strays] <= allowed)]
    return strays
