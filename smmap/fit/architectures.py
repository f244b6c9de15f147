"""Networks that training recipes name."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from smmap.features.array import Doubles
from smmap.fit.fitted import Rows
from smmap.spec.training_member import Cnn1d, Lstm, Tabnet

_NARROWEST = 1e-6
"""Standard deviation that an input is divided by, at least."""


class Scaled(nn.Module):
    """A network on standardised inputs that gives m3/m3."""

    mean: Tensor
    std: Tensor
    target_mean: Tensor
    target_std: Tensor

    def __init__(self, core: nn.Module, rows: Rows, truth: Doubles, steps: int = 1) -> None:
        super().__init__()
        self.core = core
        values = rows.astype(np.float64).reshape(len(rows) * steps, -1)  # steps are scaled alike
        for name, value in (
            ("mean", np.tile(values.mean(0), steps)),
            ("std", np.tile(np.maximum(values.std(0), _NARROWEST), steps)),
            ("target_mean", truth.mean()),
            ("target_std", max(float(truth.std()), _NARROWEST)),
        ):
            self.register_buffer(name, torch.tensor(value, dtype=torch.float32))

    def forward(self, rows: Tensor) -> Tensor:
        """(n, inputs) to (n, 1), m3/m3."""
        return self.estimate(rows)[0] * self.target_std + self.target_mean

    def estimate(self, rows: Tensor) -> tuple[Tensor, Tensor | float]:
        """The standardised target (n, 1), and what the core adds to its loss."""
        found = self.core((rows - self.mean) / self.std)
        return found if isinstance(found, tuple) else (found, 0.0)


class Convolutions(nn.Module):
    """One-dimensional convolutions along the inputs, and a hidden layer."""

    def __init__(self, inputs: int, spec: Cnn1d) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise((1, *spec.filters)):
            layers += [nn.Conv1d(before, after, 3, padding=1), nn.ReLU()]
        layers += [nn.Flatten(), nn.Linear(spec.filters[-1] * inputs, spec.hidden), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Dropout(spec.dropout), nn.Linear(spec.hidden, 1))

    def forward(self, rows: Tensor) -> Tensor:
        """(n, inputs) to (n, 1)."""
        return cast("Tensor", self.layers(rows.unsqueeze(1)))


class Memory(nn.Module):
    """Long short-term memory along overpasses; the last state decides."""

    def __init__(self, steps: int, width: int, spec: Lstm) -> None:
        super().__init__()
        self._steps, self._width = steps, width
        dropout = spec.dropout if spec.layers > 1 else 0.0
        self.layers = nn.LSTM(width, spec.units, spec.layers, batch_first=True, dropout=dropout)
        self.last = nn.Linear(spec.units, 1)

    def forward(self, rows: Tensor) -> Tensor:
        """(n, steps x width) to (n, 1)."""
        states, _ = self.layers(rows.reshape(-1, self._steps, self._width))
        return cast("Tensor", self.last(states[:, -1]))


class Tab(nn.Module):
    """pytorch-tabnet's network, with the penalty on attention that is not sparse."""

    def __init__(self, inputs: int, spec: Tabnet) -> None:
        super().__init__()
        from pytorch_tabnet.tab_network import TabNet

        self.network = TabNet(
            inputs,
            1,
            n_d=spec.width,
            n_a=spec.width,
            n_steps=spec.steps,
            gamma=spec.gamma,
            virtual_batch_size=spec.virtual_batch,
            group_attention_matrix=torch.eye(inputs),
        )
        self._sparsity = spec.sparsity

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """(n, inputs) to (n, 1), and minus the penalty."""
        found, entropy = self.network(rows)
        return found, -self._sparsity * entropy


def build_network(
    spec: Cnn1d | Lstm | Tabnet, rows: Rows, truth: Doubles, steps: int = 1
) -> Scaled:
    """The network of a member with its first weights, scaled by its training rows.

    ``steps`` is how many overpasses lie side by side in a row.
    """
    inputs = rows.shape[1]
    core: nn.Module
    match spec:
        case Cnn1d():
            core = Convolutions(inputs, spec)
        case Lstm():
            core = Memory(steps, inputs // steps, spec)
        case Tabnet():
            core = Tab(inputs, spec)
    return Scaled(core, rows, truth, steps)
