"""Depthwise separable convolutions without padding, alone and in residual blocks (Chollet 2017)."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

_EPSILON = 1e-3
"""Of batch norms, as in Xception."""


class Separable(nn.Sequential):
    """[relu, depthwise, pointwise, batch norm]; of one pixel there is nothing depthwise."""

    def __init__(self, inputs: int, outputs: int, size: int = 3, stride: int = 1) -> None:
        depthwise = [nn.Conv2d(inputs, inputs, size, stride, groups=inputs, bias=False)]
        super().__init__(
            nn.ReLU(),
            *(depthwise if size > 1 else []),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            normalise(outputs),
        )


class Residual(nn.Module):
    """Three separable convolutions beside a short cut.

    Without padding each 3 x 3 takes a pixel off all sides; the short cut is cropped alike, so that
    both are of the same ground.

    Parameters
    ----------
    widths
        Layers before, between and behind the three.
    size
        Of the convolutions: 3, or 1 in blocks that look at one place alone.
    stride
        Of the last of them.
    keep
        Probability that a sample goes through the convolutions in training (Huang et al. 2016,
        DOI 10.1007/978-3-319-46493-0_39), else by the short cut alone.
    """

    def __init__(
        self,
        widths: tuple[int, int, int, int],
        *,
        size: int = 3,
        stride: int = 1,
        keep: float = 1.0,
    ) -> None:
        super().__init__()
        steps = (1, 1, stride)
        self.layers = nn.Sequential(
            *(
                Separable(before, after, size, step)
                for (before, after), step in zip(pairwise(widths), steps, strict=True)
            )
        )
        first, last = widths[0], widths[-1]
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or first != last:
            self.shortcut = nn.Sequential(
                nn.Conv2d(first, last, 1, stride, bias=False), normalise(last)
            )
        self._crop, self._keep = 3 * (size // 2), keep

    def forward(self, image: Tensor) -> Tensor:
        """(n, layers, y, x); smaller by what is cropped, and by the stride."""
        crop = self._crop
        inner = image[:, :, crop:-crop, crop:-crop] if crop else image
        deep = cast("Tensor", self.layers(image))
        if self.training and self._keep < 1.0:
            kept = torch.rand(len(image), 1, 1, 1, device=image.device) < self._keep
            deep = deep * kept / self._keep
        return cast("Tensor", self.shortcut(inner)) + deep


def normalise(layers: int) -> nn.BatchNorm2d:
    """Batch norm as in Xception."""
    return nn.BatchNorm2d(layers, eps=_EPSILON)
