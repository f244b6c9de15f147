"""How coarsely a PyTorch network rounds."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray


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
