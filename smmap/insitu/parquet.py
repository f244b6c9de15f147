"""Readings as one Parquet file."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pandas as pd

from smmap.insitu.frame import COLUMNS, complete_frame
from smmap.spec.errors import InsituError
from smmap.store.atomic import write_atomic
from smmap.store.target import check_file


def check_readings_place(path: Path) -> None:
    """Refuse a name that `write_readings` would.

    Raises
    ------
    InsituError
        If ``path`` exists.
    StoreError
        If nothing can be written there.
    """
    check_file(path)
    if path.exists():
        raise InsituError(f"{path}: exists; remove it or name another file")


def write_readings(path: Path, table: pd.DataFrame) -> None:
    """Write a table of readings, whole or not at all; nothing is overwritten.

    Raises
    ------
    InsituError
        If ``path`` exists, or pyarrow is missing.
    StoreError
        If it cannot be written.
    """
    check_readings_place(path)
    buffer = BytesIO()
    try:
        table.to_parquet(buffer, index=False)
    except ImportError as error:
        reason = str(error)
    else:
        write_atomic(path, buffer.getvalue())
        return
    raise InsituError(f"Parquet needs pyarrow: pip install 'smmap[insitu]' ({reason})")


def load_readings_file(path: Path) -> pd.DataFrame:
    """A table that `write_readings` wrote.

    Raises
    ------
    InsituError
        If it is missing, no Parquet file, or lacks columns of the common table.
    """
    try:
        table = pd.read_parquet(path)
    except ImportError as error:
        reason = f"{error}; pip install 'smmap[insitu]'"
    except (OSError, ValueError) as error:
        reason = str(error)
    else:
        missing = sorted(set(COLUMNS) - set(table.columns))
        if not missing:
            return complete_frame(table)
        reason = f"no column {', '.join(missing)}"
    raise InsituError(f"{path}: is no file of readings: {reason}")
