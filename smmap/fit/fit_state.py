"""Where a fit of a network stands."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import nn

N = TypeVar("N", bound=nn.Module)


@dataclass
class FitState(Generic[N]):
    """What a fit must know to go on."""

    network: N
    """As it is now."""
    optimiser: torch.optim.Optimizer
    """With its moments."""
    best: dict[str, Any]
    """Weights that are kept."""
    best_error: float = float("inf")
    """Of those, by rows that were held out."""
    epoch: int = 0
    """How many are done."""
    best_epoch: int = 0
    """After how many those weights were found."""

    def is_over(self, patience: int) -> bool:
        """Whether nothing became better for so many epochs; 0: it never is."""
        return bool(patience) and self.epoch - self.best_epoch >= patience

    def keep_better(self, error: float | None) -> None:
        """Keep the weights if their error is smaller; None, without rows to judge by: always."""
        if error is not None and not error < self.best_error:
            return
        self.best_error, self.best_epoch = error or 0.0, self.epoch
        self.best = copy.deepcopy(self.network.state_dict())
