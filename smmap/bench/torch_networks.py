"""Networks of the published studies, in PyTorch, with weights drawn from a seed.

Sources: TabNet, Arik and Pfister 2021, DOI 10.1609/aaai.v35i8.16826, with the sizes of a study at
10 m; the others with those of two studies at 1 km. A CNN and an LSTM read the inputs as a sequence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from smmap.bench.shapes import SEED, NetworkShape

_HALF = 0.5**0.5


class Glu(nn.Module):
    """Linear, batch norm (ghost batches are one in evaluation), gated linear unit."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, 2 * outputs, bias=False)
        self.norm = nn.BatchNorm1d(2 * outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs) to (n, outputs)."""
        return nn.functional.glu(self.norm(self.linear(x)))


class FeatureTransformer(nn.Module):
    """Four gated layers, the first two shared by all steps."""

    def __init__(self, shared: nn.ModuleList, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([*shared, Glu(width, width), Glu(width, width)])

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs) to (n, width)."""
        first, *rest = self.layers
        x = first(x)
        for layer in rest:
            x = (x + layer(x)) * _HALF
        return x


def sparsemax(x: Tensor) -> Tensor:
    """Euclidean projection of each row onto the simplex.

    Source: Martins and Astudillo 2016, arXiv 1602.02068, algorithm 1.
    """
    ordered = torch.sort(x, dim=1, descending=True).values
    rank = torch.arange(1, x.shape[1] + 1, dtype=x.dtype)
    sums = torch.cumsum(ordered, dim=1) - 1
    size = (rank * ordered > sums).to(x.dtype).sum(dim=1, keepdim=True)
    threshold = torch.gather(sums, 1, size.to(torch.int64) - 1) / size
    return torch.relu(x - threshold)


class TabNet(nn.Module):
    """Three steps of ``width`` decision and ``width`` attention units."""

    def __init__(self, inputs: int, width: int, steps: int = 3, gamma: float = 1.143) -> None:
        super().__init__()
        self.width, self.gamma = width, gamma
        self.norm = nn.BatchNorm1d(inputs)
        shared = nn.ModuleList([Glu(inputs, 2 * width), Glu(2 * width, 2 * width)])
        self.transformers = nn.ModuleList(
            FeatureTransformer(shared, 2 * width) for _ in range(steps + 1)
        )
        self.attentions = nn.ModuleList(
            nn.Sequential(nn.Linear(width, inputs, bias=False), nn.BatchNorm1d(inputs))
            for _ in range(steps)
        )
        self.last = nn.Linear(width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs) to (n, 1)."""
        x = self.norm(x)
        first, *transformers = self.transformers
        attended = first(x)[:, self.width :]
        prior = torch.ones_like(x)
        decision = torch.zeros_like(attended)
        for attention, transformer in zip(self.attentions, transformers, strict=True):
            share = sparsemax(attention(attended) * prior)
            prior = prior * (self.gamma - share)
            made = transformer(share * x)
            decision = decision + torch.relu(made[:, : self.width])
            attended = made[:, self.width :]
        return cast("Tensor", self.last(decision))


class Cnn1d(nn.Module):
    """Two convolutions along the inputs, ``width`` / 4 and / 2 filters, and a hidden layer."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        few, many = width // 4, width // 2
        self.layers = nn.Sequential(
            *(nn.Conv1d(1, few, 3, padding=1), nn.ReLU()),
            *(nn.Conv1d(few, many, 3, padding=1), nn.ReLU(), nn.Flatten()),
            *(nn.Linear(many * inputs, width), nn.ReLU(), nn.Dropout(0.2), nn.Linear(width, 1)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs) to (n, 1)."""
        return cast("Tensor", self.layers(x.unsqueeze(1)))


class Lstm(nn.Module):
    """Three layers of ``width`` units along the inputs; the last state decides."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.LSTM(1, width, 3, batch_first=True, dropout=0.3)
        self.last = nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs) to (n, 1)."""
        states, _ = self.layers(x.unsqueeze(2))
        return cast("Tensor", self.last(states[:, -1]))


def _build_mlp(inputs: int, width: int) -> nn.Module:
    sizes = [(inputs, width), (width, width), (width, width)]
    hidden = [layer for size in sizes for layer in (nn.Linear(*size), nn.ReLU())]
    return nn.Sequential(*hidden, nn.Linear(width, 1))


_BUILDERS: dict[str, Callable[[int, int], nn.Module]] = {
    "tabnet": TabNet,
    "mlp": _build_mlp,
    "cnn1d": Cnn1d,
    "lstm": lambda _, width: Lstm(width),
}


def build_network(shape: NetworkShape) -> nn.Module:
    """The network of that name, for evaluation; batch norms have seen a batch of normal rows."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(SEED)
        network = _BUILDERS[shape.name](shape.inputs, shape.width).train()
        network(torch.randn(1024, shape.inputs))
    return network.eval()
