"""Xception-like encoders whose every feature depends on its own window alone.

There is no padding, and the middle flow is pointwise. So a feature of the fine branch is of 252
pixels, 32 pixels from the next; one of the coarse branch of 14 pixels, 2 from the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from torch import Tensor, nn

from smmap.patchnet.separable import Residual, Separable, normalise

FINE_STRIDE, FINE_FIELD = 32, 252
"""Pixels between features, and pixels that a feature is of."""
COARSE_STRIDE, COARSE_FIELD = 2, 14
"""The same of the coarse branch."""
_NARROWEST = 4


class FineEncoder(nn.Sequential):
    """Xception-65: an entry flow by 16, a middle flow, an exit flow by 32.

    Parameters
    ----------
    layers
        Of the image.
    width
        Share of Xception's own layers.
    middle
        Blocks of the middle flow; 16 in Xception-65.
    keep
        Probability that the last block is not dropped in training; falls evenly from 1 before.
    """

    def __init__(self, layers: int, *, width: float, middle: int, keep: float) -> None:
        a, b, c, d, e, f, g, h = _scale((32, 64, 128, 256, 728, 1024, 1536, 2048), width)
        keeps = _spread(keep, 4 + middle)
        blocks = [
            Residual((b, c, c, c), stride=2, keep=keeps[0]),
            Residual((c, d, d, d), stride=2, keep=keeps[1]),
            Residual((d, e, e, e), stride=2, keep=keeps[2]),
            *(Residual((e, e, e, e), size=1, keep=one) for one in keeps[3:-1]),
            Residual((e, e, f, f), stride=2, keep=keeps[-1]),
        ]
        leave = [Separable(f, g), Separable(g, g, 1), Separable(g, h, 1), nn.ReLU()]
        super().__init__(
            *_enter(layers, a, 4), nn.Conv2d(a, b, 3, bias=False), normalise(b), *blocks, *leave
        )
        self.outputs = h


class CoarseEncoder(nn.Sequential):
    """Xception-41 narrowed, by 2 in place of 16; parameters as of ``FineEncoder``."""

    def __init__(self, layers: int, *, width: float, middle: int, keep: float) -> None:
        a, b, c, d, e = _scale((64, 256, 728, 1024, 2048), width)
        keeps = _spread(keep, 1 + middle)
        blocks = [
            Residual((a, b, b, c), keep=keeps[0]),
            *(Residual((c, c, c, c), size=1, keep=one) for one in keeps[1:]),
        ]
        leave = [Separable(c, d, 1), Separable(d, e, 1), nn.ReLU()]
        super().__init__(*_enter(layers, a, 2), *blocks, *leave)
        self.outputs = e


def encode(encoder: FineEncoder | CoarseEncoder, image: Tensor) -> Tensor:
    """(n, layers, y, x) to (n, ``outputs``, features, features)."""
    return cast("Tensor", encoder(image))


def _enter(layers: int, outputs: int, size: int) -> list[nn.Module]:
    """The first convolution, of an even size: windows have a middle then."""
    return [nn.Conv2d(layers, outputs, size, 2, bias=False), normalise(outputs), nn.ReLU()]


def _scale(widths: Sequence[int], width: float) -> list[int]:
    return [max(_NARROWEST, round(one * width)) for one in widths]


def _spread(keep: float, count: int) -> list[float]:
    return [1.0 - (1.0 - keep) * (number + 1) / count for number in range(count)]
