"""The four scenarios of Zhu et al. 2025: how far a model of few samples carries.

Within a repeat the training sets grow: each holds the smaller ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from smmap.spec.errors import InsituError
from smmap.validation.split import Ints, Split, find_rows, number_groups

REPEATS = 50
DEPENDENT_PERCENT = tuple(0.5 * step for step in range(1, 11))
"""Shares of all samples to train on."""
TEMPORAL_SAMPLES = tuple(range(1, 22, 2))
"""Samples of each cell to train on."""
SPATIAL_CELLS = tuple(range(1, 58, 8))
"""Cells to train on."""


def split_dependent(
    count: int,
    percents: Sequence[float] = DEPENDENT_PERCENT,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Iterator[Split]:
    """Train on a few percent of ``count`` samples drawn at random, test on all others.

    Raises
    ------
    InsituError
        If a share comes to no sample, or to all.
    """
    sizes = [round(count * percent / 100) for percent in percents]
    if not sizes or min(sizes) < 1 or max(sizes) >= count:
        raise InsituError(f"dependent scenario: {count} samples are too few for {percents} %")
    for repeat in range(repeats):
        order = np.random.default_rng([seed, repeat]).permutation(count)
        for percent, size in zip(percents, sizes, strict=True):
            part = f"{percent:g} %, repeat {repeat + 1}"
            yield Split("zhu dependent", part, _sort(order[:size]), _sort(order[size:]))


def split_temporal(
    cells: pd.Series,
    years: pd.Series,
    sizes: Sequence[int] = TEMPORAL_SAMPLES,
    *,
    training_year: int = 2021,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Iterator[Split]:
    """Train on a few samples of each cell in one year, test on the same cells in the years before.

    Only cells take part that have more samples in the training year than the largest size, and
    at least one before.

    Raises
    ------
    InsituError
        If no cell has enough samples.
    """
    codes, count = number_groups(cells, "cell")
    year = years.to_numpy()
    in_year, before = year == training_year, year < training_year
    samples = np.bincount(codes[in_year], minlength=count)
    usable = (samples > max(sizes)) & (np.bincount(codes[before], minlength=count) > 0)
    if not usable.any():
        there = ", ".join(str(one) for one in np.unique(year))
        raise InsituError(
            f"temporal scenario: no cell has more than {max(sizes)} samples in {training_year} "
            f"and some before (there are samples of {there}); in the recipe take a later "
            "'scenarios.training_year' or smaller 'scenarios.samples', or leave 'zhu-temporal' out "
            "of 'splits' (smmap train ... --set splits=[cell])"
        )
    candidates = find_rows(in_year & usable[codes])
    test = find_rows(before & usable[codes])
    for repeat in range(repeats):
        drawn = np.random.default_rng([seed, repeat]).permutation(candidates)
        rank = pd.Series(codes[drawn]).groupby(codes[drawn]).cumcount().to_numpy()
        for size in sizes:
            part = f"{size} a cell, repeat {repeat + 1}"
            yield Split("zhu temporal", part, _sort(drawn[rank < size]), test)


def split_spatial(
    cells: pd.Series,
    sizes: Sequence[int] = SPATIAL_CELLS,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Iterator[Split]:
    """Train on all samples of a few cells, test on all other cells.

    Raises
    ------
    InsituError
        If there are not more cells than the largest size.
    """
    codes, count = number_groups(cells, "cell")
    if count <= max(sizes):
        raise InsituError(f"spatial scenario: {count} cells are too few to train on {max(sizes)}")
    for repeat in range(repeats):
        order = np.random.default_rng([seed, repeat]).permutation(count)
        for size in sizes:
            chosen = np.isin(codes, order[:size])
            part = f"{size} cells, repeat {repeat + 1}"
            yield Split("zhu spatial", part, find_rows(chosen), find_rows(~chosen))


def split_regional(networks: pd.Series, train_on: str, test_on: Sequence[str]) -> Split:
    """Train on a local network, test on campaigns that others measured in its region.

    Raises
    ------
    InsituError
        If either has no samples, or one is on both sides.
    """
    if train_on in test_on:
        raise InsituError(f"regional scenario: '{train_on}' is to be trained on and tested")
    names = networks.astype(str).to_numpy()
    train, test = find_rows(names == train_on), find_rows(np.isin(names, list(test_on)))
    if not len(train) or not len(test):
        there = ", ".join(sorted(set(names)))
        raise InsituError(
            f"regional scenario: no samples of '{train_on}' or of {', '.join(test_on)}; there are "
            f"those of: {there}"
        )
    return Split("zhu regional", f"{train_on} -> {', '.join(test_on)}", train, test)


def _sort(rows: np.ndarray) -> Ints:
    return np.sort(rows).astype(np.int64)
