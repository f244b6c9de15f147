"""The inputs of a model from the columns of a table, as mapping makes them from layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smmap.features.array import Doubles
from smmap.features.history import compute_sequences, list_visits
from smmap.features.scaling import compute_scaled
from smmap.spec.card import ModelInput
from smmap.spec.errors import InsituError
from smmap.spec.history import History
from smmap.train.table_file import read_numbers
from smmap.validation.samples import name_sites, need_columns
from smmap.validation.split import number_groups

DAY_OF_YEAR = "day_of_year"
"""The feature that is also read from dates."""


def read_inputs(table: pd.DataFrame, inputs: Sequence[ModelInput], where: str) -> Doubles:
    """Columns in their own units, shape (n, inputs); NaN where there is no value.

    An input ``day_of_year`` may be a column of numbers, or of ISO times (UTC).

    Raises
    ------
    InsituError
        If a column is missing, or holds something else than numbers.
    """
    return np.column_stack([_read_input(table, one, where) for one in inputs])


def compute_rows(values: Doubles, inputs: Sequence[ModelInput]) -> NDArray[np.float32]:
    """What the model takes: each column scaled as its input says, float32."""
    scaled = [compute_scaled(values[:, i], one.scaling) for i, one in enumerate(inputs)]
    return np.column_stack(scaled).astype(np.float32)


def follow_rows(
    rows: NDArray[np.float32], frame: pd.DataFrame, history: History, where: str
) -> NDArray[np.float32]:
    """Each row behind the earlier rows of its station, as a model with a history takes them.

    Parameters
    ----------
    rows
        (n, inputs), as `compute_rows` gives them; a row with a missing value is no earlier row.
    frame
        With ``network``, ``station`` and ``time``.

    Raises
    ------
    InsituError
        If a column or a station's name is missing.
    """
    need_columns(frame, ("station", "time"), f"{where}, for earlier overpasses")
    places, _ = number_groups(name_sites(frame), f"station, in {where}")
    times = frame["time"].dt.tz_localize(None).to_numpy("datetime64[us]")
    return compute_sequences(list_visits(rows, places, times, history), history)


def _read_input(table: pd.DataFrame, one: ModelInput, where: str) -> Doubles:
    column = one.column or one.name
    if one.feature != DAY_OF_YEAR or column not in table.columns:
        return read_numbers(table, column, where)
    try:
        return read_numbers(table, column, where)
    except InsituError:
        days = pd.to_datetime(table[column], format="ISO8601", utc=True, errors="coerce")
        if days.isna().any():
            raise InsituError(
                f"{where}: column '{column}' holds neither numbers nor ISO times in "
                f"{int(days.isna().sum())} rows"
            ) from None
        return np.asarray(days.dt.day_of_year, dtype=np.float64)
