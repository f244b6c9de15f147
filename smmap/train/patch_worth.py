"""What each source is worth to a network with windows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from smmap.features.array import Doubles
from smmap.spec.training import TrainingRecipe
from smmap.train.ablation import list_ablations
from smmap.train.fit_patches import FittedPatches
from smmap.train.patch_samples import PatchSamples
from smmap.validation.split import Ints, Split

logger = logging.getLogger(__name__)

Fit = Callable[[PatchSamples, Split], FittedPatches]
"""Fits on a split's training rows."""


@dataclass
class Worth:
    """Predictions of tested samples, (n,) m3/m3, NaN elsewhere."""

    whole: Doubles
    """Of the network as it is."""
    exchanged: dict[str, Doubles] = field(default_factory=dict)
    """Source -> with its images and numbers of another sample that is tested."""
    without: dict[str, Doubles] = field(default_factory=dict)
    """Inputs -> of a network that was fitted without them."""

    def put(self, into: dict[str, Doubles], name: str, rows: Ints, predicted: Doubles) -> None:
        """Predictions of some samples by one name."""
        into.setdefault(name, np.full_like(self.whole, np.nan))[rows] = predicted


def compute_worth(
    recipe: TrainingRecipe,
    samples: PatchSamples,
    judged: Sequence[tuple[Split, FittedPatches]],
    fit: Fit,
    *,
    ablation: bool,
) -> Worth:
    """Predict what splits test, with sources exchanged and left out.

    Parameters
    ----------
    judged
        Each split and the network that was fitted on it.
    fit
        Makes those that are fitted without something.
    ablation
        True: without each source in turn, too; else without what the recipe names.
    """
    count = len(samples.samples.truth)
    worth = Worth(np.full(count, np.nan))
    rng = np.random.default_rng(recipe.seed)
    for split, fitted in judged:
        rows = split.test
        worth.whole[rows] = fitted.predict(samples, rows)
        partners = np.arange(count, dtype=np.int64)
        partners[rows] = rng.permutation(rows)
        for name, inputs in list_ablations(recipe, sources=True).items():
            other = samples.exchange(inputs, partners)
            worth.put(worth.exchanged, name, rows, fitted.predict(other, rows))
        for name, inputs in list_ablations(recipe, sources=ablation).items():
            logger.info("%s, %s, without %s", split.scheme, split.part, name)
            fewer = samples.without(inputs)
            worth.put(worth.without, name, rows, fit(fewer, split).predict(fewer, rows))
    return worth
