"""Readings in somebody's CSV or Parquet table, understood through a column mapping."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO, StringIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from smmap.insitu.account import Account
from smmap.insitu.frame import COLUMNS, NUMBERS, TEXTS, complete_frame
from smmap.insitu.ismn import Outcome
from smmap.insitu.mapping import ColumnMapping
from smmap.insitu.place import Place
from smmap.insitu.unit import convert_to_m3_m3
from smmap.spec.errors import InsituError

ENDINGS = (".csv", ".csv.gz", ".parquet")
_ZONED = r"\d:\d\d.*(?:Z|[+-]\d\d:?\d\d)$"
"""A time of day that ends with its offset from UTC."""
_IMPLAUSIBLY_DRY = 0.01
_CONVERTED = ("time", "soil_moisture", "network", "depth_from_m", "depth_to_m", "source")
"""Columns that are not simply taken over."""


def read_tables(place: Place, mapping: ColumnMapping) -> Iterator[Outcome]:
    """Each table of the folder or zip, all by the same mapping."""
    for name in place.names:
        if not name.endswith(ENDINGS):
            continue
        try:
            frame = translate_table(_load_table(place, name, mapping), name, mapping)
        except InsituError as error:
            yield None, Account(left_out={name: str(error)})
        else:
            yield frame, Account(notes=_find_notes(frame, name, mapping))


def translate_table(table: pd.DataFrame, name: str, mapping: ColumnMapping) -> pd.DataFrame:
    """Rows of the common table, one for each row of ``table``.

    Raises
    ------
    InsituError
        If a column that the mapping names is missing, a unit or time zone is unknown, or a column
        to keep is called like one of the common table.
    """
    named = mapping.model_dump(exclude={"unit", "timezone", "time_format", "separator", "keep"})
    wanted = [named[key] for key in named if key != "network_name" and isinstance(named[key], str)]
    missing = sorted({*wanted, *mapping.keep} - set(table.columns))
    if missing:
        there = ", ".join(str(column) for column in table.columns)
        raise InsituError(f"{name}: no column {', '.join(missing)}; there are: {there}")
    clash = sorted(set(mapping.keep) & set(COLUMNS))
    if clash:
        raise InsituError(f"{name}: 'keep' cannot hold {', '.join(clash)}: that name is taken")
    values = table[mapping.soil_moisture].to_numpy(dtype=object)
    columns = {
        "time": _read_times(table[mapping.time], mapping, name),
        "soil_moisture": convert_to_m3_m3(values, mapping.unit, f"{name}, the mapping's 'unit'"),
        "network": table[mapping.network] if mapping.network else mapping.network_name,
        "depth_from_m": _read_depth(table, mapping.depth_from_m),
        "depth_to_m": _read_depth(table, mapping.depth_to_m),
        "source": name,
    }
    for key in (*TEXTS, *NUMBERS):
        column = named.get(key)
        if key not in _CONVERTED and column is not None:
            columns[key] = table[column] if key in TEXTS else _read_numbers(table[column])
    kept = {key: table[key] for key in mapping.keep}
    return complete_frame(pd.DataFrame(columns | kept, index=table.index))


def _find_notes(frame: pd.DataFrame, name: str, mapping: ColumnMapping) -> tuple[str, ...]:
    """Values that are all but dry are seldom soil, and often in another unit than was said."""
    if frame["soil_moisture"].median() < _IMPLAUSIBLY_DRY:
        return (f"{name}: half of the readings are below 0.01 m3/m3: is '{mapping.unit}' right?",)
    return ()


def _load_table(place: Place, name: str, mapping: ColumnMapping) -> pd.DataFrame:
    try:
        if name.endswith(".parquet"):
            return pd.read_parquet(BytesIO(place.load(name)))
        return pd.read_csv(StringIO(place.load_text(name)), sep=mapping.separator, dtype=str)
    except ImportError as error:
        reason = f"{error}; pip install 'smmap[insitu]'"
    except (ValueError, OSError) as error:  # pandas' and pyarrow's own errors are both
        reason = str(error)
    raise InsituError(f"{name}: cannot be read as a table: {reason}")


def _read_numbers(column: pd.Series) -> pd.Series[float]:
    return pd.Series(pd.to_numeric(column, errors="coerce"), dtype=np.float64)


def _read_depth(table: pd.DataFrame, depth: float | str) -> pd.Series | float:
    return _read_numbers(table[depth]) if isinstance(depth, str) else depth


def _read_times(column: pd.Series, mapping: ColumnMapping, name: str) -> pd.Series:
    """UTC; NaT where a time cannot be read, does not exist or comes twice in its time zone."""
    try:
        zone = ZoneInfo(mapping.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise InsituError(
            f"{name}: no time zone '{mapping.timezone}'; write UTC, or as Europe/Warsaw"
        ) from None
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return pd.Series(column.dt.tz_convert("UTC"))
    if pd.api.types.is_datetime64_dtype(column.dtype):
        return _localise(column, zone)
    words = column.fillna("").astype(str).str.strip()
    zoned = words.str.contains(_ZONED)
    try:
        read = pd.to_datetime(words, format=mapping.time_format, errors="coerce", utc=True)
    except ValueError as error:
        reason = str(error)
    else:
        return read.where(zoned, _localise(read.dt.tz_localize(None), zone))
    raise InsituError(f"{name}: time format '{mapping.time_format}': {reason}")


def _localise(times: pd.Series, zone: ZoneInfo) -> pd.Series:
    local = times.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    return pd.Series(local.dt.tz_convert("UTC"))
