"""Tables of samples in CSV or Parquet files."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from smmap.features.array import Doubles
from smmap.spec.errors import InsituError, StoreError
from smmap.store.atomic import write_atomic
from smmap.store.target import check_file

MISSING = ("", "na", "nan", "null", "none", "<na>")
"""Words, in any case, that stand where a table has no number."""


def load_table(path: Path) -> pd.DataFrame:
    """The table as it is; all of a CSV file stays text, so that it can be written back unchanged.

    Raises
    ------
    InsituError
        If it is neither CSV nor Parquet, cannot be read, or has no row.
    """
    check_table_name(path)
    try:
        if path.suffix == ".parquet":
            table = pd.read_parquet(path)
        else:
            table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except ImportError as error:
        reason = f"{error}; pip install 'smmap[insitu]'"
    except (OSError, ValueError) as error:  # pandas' and pyarrow's own errors are both
        reason = str(error)
    else:
        if table.empty:
            raise InsituError(f"{path}: the table has no samples")
        return table
    raise InsituError(f"{path}: cannot be read as a table: {reason}")


def check_table_name(path: Path) -> None:
    """Refuse a name that says neither CSV nor Parquet.

    Raises
    ------
    InsituError
        Names it.
    """
    if path.suffix not in (".csv", ".parquet"):
        raise InsituError(f"{path}: a table of samples is a .csv or .parquet file")


def check_outputs(outputs: Iterable[Path | None], table: Path) -> None:
    """Refuse to write over the samples, or where nothing can be written.

    Raises
    ------
    StoreError
        If one of the outputs is the table itself, or as of `smmap.store.target.check_file`.
    """
    for out in outputs:
        if out is None:
            continue
        check_file(out)
        if out.exists() and table.exists() and out.samefile(table):
            raise StoreError(
                f"{out} is the table itself, which is never changed; name another file"
            )


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table whole, or not at all; a GeoParquet's geometry comes back as bytes.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    buffer = io.BytesIO()
    if path.suffix == ".parquet":
        table.to_parquet(buffer, index=False)
    else:
        table.to_csv(buffer, index=False)
    write_atomic(path, buffer.getvalue())


def read_numbers(table: pd.DataFrame, column: str, where: str) -> Doubles:
    """A column as float64, NaN where there is no value.

    Raises
    ------
    InsituError
        If there is no such column, or it holds other words than numbers, or infinite ones.
    """
    if column not in table.columns:
        there = ", ".join(str(name) for name in table.columns)
        raise InsituError(f"{where}: no column '{column}'; there are: {there}")
    values = table[column]
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        strange = np.isinf(numbers)
    else:
        words = values.astype(object).where(values.notna(), "").astype(str).str.strip()
        numbers = pd.to_numeric(words, errors="coerce").to_numpy(dtype=np.float64)
        said = ~words.str.lower().isin(MISSING).to_numpy(dtype=bool)
        strange = (np.isnan(numbers) & said) | np.isinf(numbers)
    if strange.any():
        row = int(np.flatnonzero(strange)[0])
        raise InsituError(
            f"{where}: column '{column}' holds {values.iloc[row]!r} in row {row + 1}, which is no "
            f"number ({int(strange.sum())} such rows); mend it or leave it empty"
        )
    return numbers
