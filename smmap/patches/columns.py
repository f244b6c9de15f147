"""Columns of a table as Zarr arrays, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import zarr

from smmap.patches.layout import SAMPLE

_TIME_UNITS = "microseconds since 1970-01-01T00:00:00Z"
_LABELS = "labels"
_CHUNK = 4096


def write_columns(group: zarr.Group, table: pd.DataFrame) -> None:
    """One array a column: times as CF has them, words as numbers of the attribute ``labels``."""
    for name in table.columns:
        column = table[name]
        attributes: dict[str, Any] = {}
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            values = column.dt.as_unit("us").astype("int64").to_numpy()
            attributes = {"units": _TIME_UNITS, "calendar": "proleptic_gregorian"}
        elif pd.api.types.is_numeric_dtype(column.dtype):
            values = column.to_numpy()
        else:
            codes, labels = pd.factorize(column, sort=True)  # -1: missing
            values, attributes = codes.astype("int32"), {_LABELS: [str(one) for one in labels]}
        _write(group, str(name), values, attributes)


def read_columns(group: zarr.Group, names: list[str]) -> pd.DataFrame:
    """The table that was written."""
    return pd.DataFrame({name: _read(group, name) for name in names})


def _write(group: zarr.Group, name: str, values: Any, attributes: dict[str, Any]) -> None:
    array = group.create_array(
        name,
        shape=values.shape,
        dtype=values.dtype,
        chunks=(_CHUNK,),
        dimension_names=(SAMPLE,),
        attributes=attributes,
    )
    array[:] = values


def _read(group: zarr.Group, name: str) -> Any:
    array: Any = group[name]
    values = np.asarray(array[:])
    if _LABELS in array.attrs:
        labels = np.array([*array.attrs[_LABELS], None], object)
        return labels[values]
    if array.attrs.get("units") == _TIME_UNITS:
        return pd.to_datetime(values, unit="us", utc=True)
    return values
