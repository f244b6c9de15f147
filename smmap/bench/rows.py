"""Rows of simulated inputs: what the models are made from, and, by other seeds, what they predict.

The first eleven columns are those that `card_inputs` says how to derive from scenes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smmap.bench.card_inputs import CARD_INPUTS

Rows = NDArray[np.float32]

_NOISE = 0.04
_DRY, _WET = 0.02, 0.55


def draw_rows(inputs: int, n: int, seed: int) -> Rows:
    """(n, inputs) float32: each column even over its range; beyond the eleventh, reflectances."""
    return _stretch(np.random.default_rng(seed).random((n, inputs)))


def draw_training(inputs: int, n: int, seed: Sequence[int]) -> tuple[Rows, Rows]:
    """Rows, and soil moisture (n,), m3/m3: smooth in the inputs, and noise, so that trees grow."""
    rng = np.random.default_rng(seed)
    share = rng.random((n, inputs))
    waves = np.sin(share * np.linspace(3.0, 9.0, inputs)) @ np.geomspace(1.0, 0.1, inputs)
    steps = (share[:, 0] > share[:, 3]) * share[:, 1] - (share[:, 2] > 0.5) * share[:, 4]
    target = 0.25 + 0.08 * np.tanh(waves) + 0.06 * steps + rng.normal(0, _NOISE, n)
    return _stretch(share), np.clip(target, _DRY, _WET).astype(np.float32)


def _stretch(share: NDArray[np.float64]) -> Rows:
    low, high = np.zeros(share.shape[1]), np.full(share.shape[1], 0.6)
    known = min(len(CARD_INPUTS), share.shape[1])
    low[:known], high[:known] = np.transpose([one.span for one in CARD_INPUTS[:known]])
    return np.asarray(low + share * (high - low), np.float32)
