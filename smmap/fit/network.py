"""A small network that gives soil moisture and how sure it is."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

logger = logging.getLogger(__name__)

WIDTH = 32
"""Neurons in each of the two hidden layers."""
HIGHEST_SOIL_MOISTURE = 0.5
"""The mean stays between 0 and this, m3/m3."""
UNCERTAINTY_RANGE = (0.01, 0.25)
"""The predicted standard deviation stays between these, m3/m3."""

_BATCH = 2048
_LEARNING_RATE = 5e-3


class Network(nn.Module):
    """Standardisation, two tanh layers, and a smooth bound on both outputs."""

    mean: Tensor
    std: Tensor
    gain: Tensor
    shift: Tensor

    def __init__(self, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        low, high = (2 * math.log(value) for value in UNCERTAINTY_RANGE)
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        self.register_buffer("gain", torch.tensor([HIGHEST_SOIL_MOISTURE, high - low]))
        self.register_buffer("shift", torch.tensor([0.0, low]))
        sizes = (len(mean), WIDTH, WIDTH, 2)
        self.layers = nn.ModuleList(
            nn.Linear(inputs, outputs) for inputs, outputs in pairwise(sizes)
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Raw inputs (n, features) to soil moisture and ln of its variance (n, 2)."""
        values = (inputs - self.mean) / self.std
        for layer in self.layers[:-1]:
            values = torch.tanh(layer(values))
        return torch.sigmoid(self.layers[-1](values)) * self.gain + self.shift


def fit_network(
    inputs: NDArray[np.float32], target: NDArray[np.float32], *, epochs: int, seed: int
) -> Network:
    """Fit by the Gaussian negative log-likelihood, with Adam and a cosine schedule.

    Parameters
    ----------
    inputs
        Raw, shape (n, features).
    target
        Soil moisture, m3/m3, shape (n,).
    epochs
        Passes over the data.
    seed
        Of the first weights and of the order of the data; one seed, one result.

    Returns
    -------
    Network
        Ready for prediction.
    """
    with reproducible(seed):
        x, y = torch.from_numpy(inputs), torch.from_numpy(target)
        network = Network(x.mean(0), x.std(0))
        optimiser = torch.optim.Adam(network.parameters(), lr=_LEARNING_RATE)
        steps = epochs * math.ceil(len(x) / _BATCH)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        for epoch in range(epochs):
            total = 0.0
            for rows in torch.split(torch.randperm(len(x)), _BATCH):
                loss = _compute_loss(network(x[rows]), y[rows])
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                schedule.step()
                total += loss.item() * len(rows)
            logger.info("epoch %d of %d: loss %.4f", epoch + 1, epochs, total / len(x))
    return network.eval()


def predict(network: Network, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Soil moisture (m3/m3) and ln of its variance, shape (n, 2)."""
    with torch.no_grad():
        outputs: NDArray[np.float32] = network(torch.from_numpy(inputs)).numpy()
    return outputs


def _compute_loss(outputs: Tensor, target: Tensor) -> Tensor:
    mean, log_variance = outputs.unbind(1)
    return (log_variance + (target - mean) ** 2 * torch.exp(-log_variance)).mean() / 2


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """One thread and a seed of one's own: sums in one order, the caller's state untouched."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
