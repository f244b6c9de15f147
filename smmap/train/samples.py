"""The samples that a recipe makes of a table."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smmap.features.array import Doubles
from smmap.insitu.unit import convert_to_m3_m3
from smmap.spec.errors import InsituError
from smmap.spec.sample_columns import SampleColumns
from smmap.spec.training import TrainingRecipe
from smmap.train.sift import describe_shared_places, judge_rows
from smmap.train.table_file import read_numbers
from smmap.train.table_inputs import compute_rows, follow_rows, read_inputs
from smmap.validation.samples import TRUTH, need_columns

logger = logging.getLogger(__name__)

_NUMBERS = ("latitude", "longitude", "sand_percent", "clay_percent")
_WETTEST = 1.0
"""m3/m3; more is not soil moisture by volume."""
_FEW_PERCENT = 1.0
"""Per cent that are never above are none."""


@dataclass(frozen=True)
class Samples:
    """What is fitted and judged; all parts have one row a sample."""

    rows: NDArray[np.float32]
    """(n, columns) scaled: what the model takes, of earlier rows too where it has a history."""
    values: Doubles
    """(n, inputs) in their own units."""
    truth: Doubles
    """(n,) m3/m3."""
    frame: pd.DataFrame
    """The table's own columns, and network, station, ``soil_moisture`` and what else describes
    samples under its usual name."""
    dropped: Mapping[str, int]
    """Why rows are not there -> how many."""


def select_samples(table: pd.DataFrame, recipe: TrainingRecipe, where: str) -> Samples:
    """Read, check and sift a table.

    Parameters
    ----------
    table
        As `table_file.load_table` gives it.
    recipe
        Which columns, units and rows.
    where
        The table's name, for messages.

    Raises
    ------
    InsituError
        If a column is missing or unreadable, a target is missing, impossible or the same
        everywhere, or no row remains.
    """
    truth = _read_truth(table, recipe, where)
    values = read_inputs(table, recipe.inputs, where)
    frame = describe_samples(table, recipe.columns, where).assign(**{TRUTH: truth})
    kept = np.ones(len(table), dtype=bool)
    dropped: dict[str, int] = {}
    earlier = kept.copy()
    for verdict in judge_rows(table, frame, recipe, values, where):
        dropped[verdict.reason] = dropped.get(verdict.reason, 0) + int((kept & ~verdict.good).sum())
        kept &= verdict.good
        earlier &= verdict.good | (not verdict.spoils)
    dropped = {reason: count for reason, count in dropped.items() if count}
    if not kept.any():
        reasons = "; ".join(f"{count} rows: {reason}" for reason, count in dropped.items())
        raise InsituError(f"{where}: no sample passes the recipe's quality control: {reasons}")
    for reason, count in dropped.items():
        logger.info("%s: %d rows dropped: %s", where, count, reason)
    shared = describe_shared_places(frame[kept])
    if shared:
        logger.warning("%s: %s", where, shared)
    if kept.sum() > 1 and np.ptp(truth[kept]) == 0:
        raise InsituError(
            f"{where}: '{recipe.target.column}' is {truth[kept][0]:g} m3/m3 in every sample: "
            "there is nothing to learn"
        )
    rows = compute_rows(values, recipe.inputs)
    if recipe.history is not None:
        rows[~earlier] = np.nan
        rows = follow_rows(rows, frame, recipe.history, where)
    frame = frame[kept].reset_index(drop=True)
    return Samples(rows[kept], values[kept], truth[kept], frame, dropped)


def draw_samples(samples: Samples, count: int | None, seed: int) -> Samples:
    """At most ``count`` of the samples, drawn by the seed, in their order."""
    if count is None or len(samples.truth) <= count:
        return samples
    chosen = np.sort(np.random.default_rng(seed).permutation(len(samples.truth))[:count])
    return Samples(
        samples.rows[chosen],
        samples.values[chosen],
        samples.truth[chosen],
        samples.frame.iloc[chosen].reset_index(drop=True),
        {**samples.dropped, "not drawn for the small form": len(samples.truth) - count},
    )


def _read_truth(table: pd.DataFrame, recipe: TrainingRecipe, where: str) -> Doubles:
    column, units = recipe.target.column, recipe.target.units
    numbers = read_numbers(table, column, where)
    truth = convert_to_m3_m3(numbers, units, f"{where}, the recipe's 'target.units'")
    missing = int(np.isnan(truth).sum())
    if missing and recipe.history is None:
        raise InsituError(
            f"{where}: {missing} of {len(truth)} rows have no '{column}'; drop or complete them"
        )
    impossible = int(((truth < 0) | (truth > _WETTEST)).sum())
    if impossible:
        raise InsituError(
            f"{where}: {impossible} values of '{column}' are outside 0..1 m3/m3 if they are "
            f"{units}; correct 'target.units', or drop them"
        )
    known = ~np.isnan(truth)
    wettest = numbers[known].max(initial=0.0)
    if 0 < wettest <= _FEW_PERCENT and truth[known].max() < wettest:
        raise InsituError(
            f"{where}: no value of '{column}' is above {wettest:g}, so that they are hardly "
            f"{units}; correct 'target.units': m3/m3, it seems"
        )
    return truth


def describe_samples(table: pd.DataFrame, columns: SampleColumns, where: str) -> pd.DataFrame:
    """The table with what describes samples under its usual names.

    Raises
    ------
    InsituError
        If a column that is named is missing or cannot be read.
    """
    added: dict[str, Any] = {}
    for name, named in columns.model_dump(exclude={"time_format"}).items():
        column = named or name
        if named is not None:
            need_columns(table, (named,), where)
        if column not in table.columns:
            continue
        if name in _NUMBERS:
            added[name] = read_numbers(table, column, where)
        elif name == "time":
            added[name] = _read_times(table[column], columns.time_format, where)
        else:
            added[name] = table[column].replace("", None)
    if "network" not in added:
        added["network"] = "all"
    return table.assign(**added)


def _read_times(column: pd.Series, form: str, where: str) -> pd.Series:
    times = pd.to_datetime(column, format=form, utc=True, errors="coerce")
    unreadable = int(times.isna().sum())
    if unreadable:
        raise InsituError(
            f"{where}: {unreadable} values of '{column.name}' are no times of the form '{form}' "
            f"(the first is {column[times.isna()].iloc[0]!r}); set 'columns.time_format'"
        )
    return pd.Series(times)
