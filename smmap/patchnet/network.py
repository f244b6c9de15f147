"""Soil moisture from two images around a cell and coarse soil moisture of the cell itself."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from smmap.patchnet.encoder import (
    COARSE_FIELD,
    COARSE_STRIDE,
    FINE_FIELD,
    FINE_STRIDE,
    CoarseEncoder,
    FineEncoder,
    encode,
)
from smmap.patchnet.separable import normalise
from smmap.spec.training_member import TwoBranch

_FIRST, _SECOND = (128, 64, 1), (8, 1)
"""Units of the fusion heads."""


class CentrePooling(nn.Module):
    """Mean of each feature over a square, weighted towards its middle.

    Weights fall evenly from the middle along both axes and sum to 1: it is a convolution, and so
    slides over larger images.
    """

    kernels: Tensor

    def __init__(self, layers: int, side: int) -> None:
        super().__init__()
        ramp = torch.minimum(torch.arange(1, side + 1), torch.arange(side, 0, -1)).double()
        square = torch.outer(ramp, ramp)
        weights = (square / square.sum()).float()
        self.register_buffer("kernels", weights.repeat(layers, 1, 1, 1))

    def forward(self, features: Tensor) -> Tensor:
        """(n, layers, y, x) to (n, layers, y - side + 1, x - side + 1)."""
        kernels = self.kernels.to(features.dtype)
        return nn.functional.conv2d(features, kernels, groups=len(kernels))


class FusionHead(nn.Sequential):
    """[dropout, dense, batch norm, swish] for all units but the last: [dropout, dense].

    Dense layers are convolutions of one cell, so that it works on maps.
    """

    def __init__(self, inputs: int, units: Sequence[int], keeps: Sequence[float]) -> None:
        layers: list[nn.Module] = []
        for (before, after), keep in zip(pairwise((inputs, *units)), keeps, strict=True):
            layers += [nn.Dropout(1.0 - keep), nn.Conv2d(before, after, 1)]
            if after != units[-1]:
                layers += [normalise(after), nn.SiLU()]
        super().__init__(*layers)


class TwoBranchNetwork(nn.Module):
    """Batchu et al. 2023, without padding: over larger images it gives what its window would.

    Parameters
    ----------
    layers
        Of the fine image, of the coarse image, and numbers a cell.
    spec
        Sizes and shares.
    mean
        Of the target in training, m3/m3: where it begins.
    """

    mean: Tensor

    def __init__(self, layers: tuple[int, int, int], spec: TwoBranch, mean: float) -> None:
        super().__init__()
        fine, coarse, numbers = layers
        keep = spec.keep_path
        self.fine = FineEncoder(fine, width=spec.width, middle=spec.middle, keep=keep)
        self.coarse = CoarseEncoder(
            coarse, width=spec.coarse_width, middle=spec.coarse_middle, keep=keep
        )
        self.pool_fine = CentrePooling(self.fine.outputs, spec.features)
        self.pool_coarse = CentrePooling(self.coarse.outputs, spec.features)
        both = self.fine.outputs + self.coarse.outputs
        self.first = FusionHead(both, _FIRST, spec.keep_first)
        self.second = FusionHead(_FIRST[-1] + numbers, _SECOND, spec.keep_second)
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        last = self.second[-1]
        nn.init.zeros_(cast("Tensor", last.weight))
        nn.init.zeros_(cast("Tensor", last.bias))

    def forward(self, fine: Tensor, coarse: Tensor, cell: Tensor) -> Tensor:
        """(n, 1, rows, columns) m3/m3 of the cells in the middle of the images.

        Parameters
        ----------
        fine, coarse
            (n, layers, y, x), scaled, every value finite.
        cell
            (n, numbers, rows, columns).
        """
        seen = torch.cat(
            [
                self.pool_fine(encode(self.fine, fine)),
                self.pool_coarse(encode(self.coarse, coarse)),
            ],
            dim=1,
        )
        fused = torch.cat([cast("Tensor", self.first(seen)), cell], dim=1)
        return cast("Tensor", self.second(fused)) + self.mean


def compute_windows(features: int) -> tuple[int, int]:
    """Pixels a side that the fine and the coarse branch look at, for so many features a side."""
    return (
        FINE_STRIDE * (features - 1) + FINE_FIELD,
        COARSE_STRIDE * (features - 1) + COARSE_FIELD,
    )
