"""The scenarios of Zhu et al. 2025 by their names, with sizes that a table can give."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from smmap.spec.errors import InsituError
from smmap.spec.training_scenarios import REGIONAL, Scenarios
from smmap.validation.samples import need_columns
from smmap.validation.schemes import find_groups
from smmap.validation.split import Split
from smmap.validation.zhu import (
    DEPENDENT_PERCENT,
    SPATIAL_CELLS,
    TEMPORAL_SAMPLES,
    split_dependent,
    split_regional,
    split_spatial,
    split_temporal,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trial:
    """One training set of a scenario."""

    size: float
    """Of the training set, as the scenario counts it."""
    repeat: int
    """From 1."""
    split: Split
    """Rows to train on and to test by."""


def list_trials(
    samples: pd.DataFrame, scenario: str, plan: Scenarios, *, seed: int = 0
) -> Iterator[Trial]:
    """The training sets of a scenario.

    Sizes that the table is too small for are left out, with a warning.

    Parameters
    ----------
    samples
        One row a sample; ``zhu-temporal`` and ``zhu-spatial`` need latitude and longitude, the
        former time, ``zhu-regional`` network.
    scenario
        One of `training_scenarios.SCENARIOS`.
    plan
        Sizes and repeats.

    Raises
    ------
    InsituError
        If a column is missing, or no size is possible.
    """
    if scenario == REGIONAL:
        yield from _list_regions(samples, plan)
        return
    sizes, split = _PREPARE[scenario](samples, plan, seed)
    fitting = _fit_sizes(scenario, sizes, split)
    if plan.most_sizes is not None:
        fitting = _spread(fitting, plan.most_sizes)
    pairs = product(range(1, plan.repeats + 1), fitting)
    splits = split(fitting, plan.repeats)
    for (repeat, size), one in zip(pairs, splits, strict=True):
        yield Trial(size, repeat, one)


def check_regions(samples: pd.DataFrame, plan: Scenarios) -> None:
    """Refuse, before anything is fitted, networks of ``zhu-regional`` that are not there.

    Raises
    ------
    InsituError
        As `list_trials`.
    """
    list(_list_regions(samples, plan))


def settle_training_year(samples: pd.DataFrame, plan: Scenarios) -> Scenarios:
    """The plan with the year that ``zhu-temporal`` trains on: its own, or the table's last.

    The last one, and said, where the plan names none or one of which there is no sample.

    Raises
    ------
    InsituError
        If there is no column ``time``.
    """
    years = find_groups(samples, "year")
    if plan.training_year is not None and bool((years == plan.training_year).any()):
        return plan
    last = int(years.max())
    if plan.training_year is not None:
        logger.warning(
            "zhu-temporal: no sample is of %d; it trains on %d", plan.training_year, last
        )
    return plan.model_copy(update={"training_year": last})


_Splitter = Callable[[Sequence[float], int], Iterator[Split]]
"""Sizes and repeats to splits: repeats outside, sizes within."""


def _fit_sizes(scenario: str, sizes: Sequence[float], split: _Splitter) -> Sequence[float]:
    """Those that the table can give; at least one."""
    fitting, reasons = [], []
    for size in sizes:
        try:
            next(split([size], 1))
        except InsituError as error:
            reasons.append(str(error))
        else:
            fitting.append(size)
    if not fitting:
        raise InsituError(reasons[0])
    if len(fitting) < len(sizes):
        left = ", ".join(f"{one:g}" for one in sizes if one not in fitting)
        logger.warning("%s: the table is too small for the sizes %s", scenario, left)
    return fitting


def _spread(sizes: Sequence[float], count: int) -> Sequence[float]:
    chosen = np.unique(np.linspace(0, len(sizes) - 1, min(count, len(sizes))).round().astype(int))
    return [sizes[one] for one in chosen]


def _prepare_dependent(
    samples: pd.DataFrame, plan: Scenarios, seed: int
) -> tuple[Sequence[float], _Splitter]:
    def split(sizes: Sequence[float], repeats: int) -> Iterator[Split]:
        return split_dependent(len(samples), sizes, repeats=repeats, seed=seed)

    return sorted(plan.percents or DEPENDENT_PERCENT), split


def _prepare_temporal(
    samples: pd.DataFrame, plan: Scenarios, seed: int
) -> tuple[Sequence[float], _Splitter]:
    cells, years = (find_groups(samples, name) for name in ("cell", "year"))
    year = int(years.max()) if plan.training_year is None else plan.training_year

    def split(sizes: Sequence[float], repeats: int) -> Iterator[Split]:
        whole = [int(one) for one in sizes]
        return split_temporal(cells, years, whole, training_year=year, repeats=repeats, seed=seed)

    return sorted(plan.samples or TEMPORAL_SAMPLES), split


def _prepare_spatial(
    samples: pd.DataFrame, plan: Scenarios, seed: int
) -> tuple[Sequence[float], _Splitter]:
    cells = find_groups(samples, "cell")

    def split(sizes: Sequence[float], repeats: int) -> Iterator[Split]:
        return split_spatial(cells, [int(one) for one in sizes], repeats=repeats, seed=seed)

    return sorted(plan.cells or SPATIAL_CELLS), split


_PREPARE: dict[str, Callable[[pd.DataFrame, Scenarios, int], tuple[Sequence[float], _Splitter]]] = {
    "zhu-dependent": _prepare_dependent,
    "zhu-temporal": _prepare_temporal,
    "zhu-spatial": _prepare_spatial,
}


def _list_regions(samples: pd.DataFrame, plan: Scenarios) -> Iterator[Trial]:
    if not plan.regions:
        raise InsituError(
            "regional scenario: which networks? Name them in the recipe's 'scenarios.regions'"
        )
    need_columns(samples, ("network",), "regional scenario")
    for region in plan.regions:
        split = split_regional(samples["network"], region.train_on, region.test_on)
        yield Trial(float(len(split.train)), 1, split)
