"""Tables of predictions beside what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smmap.insitu.unit import convert_to_m3_m3
from smmap.spec.card import ModelCard
from smmap.spec.errors import InsituError
from smmap.spec.sample_columns import SampleColumns, Target
from smmap.validation.samples import (
    PREDICTED,
    TRUTH,
    check_predictions,
    name_sites,
    need_columns,
)
from smmap.validation.texture import classify_texture

_PREDICTED = (PREDICTED, "sm")
"""What a prediction may be called; the second by `smmap predict`."""
_NUMBERS = ("latitude", "longitude", "sand_percent", "clay_percent")


def load_predictions(path: Path, card: ModelCard | None = None) -> pd.DataFrame:
    """Read a CSV or Parquet table with one row a sample.

    Needed are ``predicted`` (or ``sm``, as `smmap predict` names it) and ``soil_moisture`` (m3/m3),
    ``network`` and ``station``; ``time`` (UTC) and any column to group by may follow.

    Parameters
    ----------
    card
        Of the model that predicted: its tables call these columns what its ``table`` and ``target``
        say, in the units there; rows without a measured value, which a model with a history looks
        back to, are left out. None: all are called as above.

    Raises
    ------
    InsituError
        If it cannot be read, lacks columns, is in other units, or its samples cannot be scored.
    """
    table = _read(path)
    what = str(path)
    columns = (card.table if card else None) or SampleColumns()
    target = (card.target if card else None) or Target()
    predicted = next((one for one in _PREDICTED if one in table.columns), None)
    if predicted is None:
        raise InsituError(
            f"{what}: no column '{PREDICTED}', or 'sm' as 'smmap predict' writes it; there are: "
            f"{', '.join(str(name) for name in table.columns)}"
        )
    _need_named(table, (target.column, columns.station), what, card)
    added: dict[str, Any] = {
        TRUTH: convert_to_m3_m3(_read_numbers(table, target.column, what), target.units, what),
        PREDICTED: _read_numbers(table, predicted, what),
    }
    for name, named in columns.model_dump(exclude={"time_format"}).items():
        if (named or name) in table.columns:
            kept = table[named or name]
            added[name] = _read_numbers(table, named or name, what) if name in _NUMBERS else kept
    if card is not None and "network" not in added:
        added["network"] = "all"
    table = table.drop(columns="sm", errors="ignore").assign(**added)
    if card is not None and card.history is not None:
        table = table[table[TRUTH].notna()].reset_index(drop=True)
    found = prepare_predictions(table, what, columns.time_format)
    _check_units(found, what)
    return found


def prepare_predictions(
    table: pd.DataFrame, what: str, time_format: str = "ISO8601"
) -> pd.DataFrame:
    """Check a table, read its times, and add ``texture`` where sand and clay are known.

    Raises
    ------
    InsituError
        If columns are missing, a time cannot be read, or the samples cannot be scored.
    """
    check_predictions(table, what)
    name_sites(table)
    added: dict[str, pd.Series] = {}
    if "time" in table.columns:
        added["time"] = pd.to_datetime(table["time"], utc=True, errors="coerce", format=time_format)
        unreadable = int(added["time"].isna().sum())
        if unreadable:
            raise InsituError(f"{what}: {unreadable} values of 'time' cannot be read; write ISO")
    if {"sand_percent", "clay_percent"} <= set(table.columns) and "texture" not in table.columns:
        added["texture"] = classify_texture(table["sand_percent"], table["clay_percent"])
    return table.assign(**added).reset_index(drop=True)


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except ImportError as error:
        reason = f"{error}; pip install 'smmap[insitu]'"
    except (OSError, ValueError) as error:
        reason = str(error)
    raise InsituError(f"{path}: cannot be read as a table: {reason}")


def _need_named(
    table: pd.DataFrame, columns: tuple[str, str], what: str, card: ModelCard | None
) -> None:
    """Refuse a table without what was measured, or where."""
    try:
        need_columns(table, columns, what)
    except InsituError as error:
        if card is not None:
            raise
        raise InsituError(
            f"{error}; if the columns of a model's table are called otherwise, name it: --model"
        ) from None


def _read_numbers(table: pd.DataFrame, column: str, what: str) -> pd.Series[float]:
    numbers = pd.to_numeric(table[column], errors="coerce").astype(np.float64)
    words = table[column][numbers.isna() & table[column].notna()]
    if len(words):
        raise InsituError(
            f"{what}: column '{column}' holds {words.iloc[0]!r}, which is no number ({len(words)} "
            "such rows); mend it or leave it empty"
        )
    return numbers


def _check_units(found: pd.DataFrame, what: str) -> None:
    """Refuse what is no m3/m3: per cent, most likely."""
    for column in (TRUTH, PREDICTED):
        values = found[column]
        strange = values[(values < (0 if column == TRUTH else -1)) | (values > 1)]
        if len(strange):
            raise InsituError(
                f"{what}: {len(strange)} values of '{column}' cannot be m3/m3 (such as "
                f"{strange.iloc[0]:g}): divide per cent by 100, or name the model whose card says "
                "the units: --model"
            )
