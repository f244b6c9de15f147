"""Tables of predictions beside what was measured."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from smmap.spec.errors import InsituError
from smmap.validation.samples import PREDICTED, check_predictions, name_sites
from smmap.validation.texture import classify_texture


def load_predictions(path: Path) -> pd.DataFrame:
    """Read a CSV or Parquet table with one row a sample.

    Needed are ``predicted`` (or ``sm``, as `smmap predict` names it) and ``soil_moisture`` (m3/m3),
    ``network`` and ``station``; ``time`` (UTC) and any column to group by may follow.

    Raises
    ------
    InsituError
        If it cannot be read, lacks columns, or its samples cannot be scored.
    """
    try:
        table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except ImportError as error:
        reason = f"{error}; pip install 'smmap[insitu]'"
    except (OSError, ValueError) as error:
        reason = str(error)
    else:
        if PREDICTED not in table.columns:
            table = table.rename(columns={"sm": PREDICTED})
        return prepare_predictions(table, str(path))
    raise InsituError(f"{path}: cannot be read as a table: {reason}")


def prepare_predictions(table: pd.DataFrame, what: str) -> pd.DataFrame:
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
        added["time"] = pd.to_datetime(table["time"], utc=True, errors="coerce", format="ISO8601")
        unreadable = int(added["time"].isna().sum())
        if unreadable:
            raise InsituError(f"{what}: {unreadable} values of 'time' cannot be read; write ISO")
    if {"sand_percent", "clay_percent"} <= set(table.columns) and "texture" not in table.columns:
        added["texture"] = classify_texture(table["sand_percent"], table["clay_percent"])
    return table.assign(**added).reset_index(drop=True)
