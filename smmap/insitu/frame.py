"""The table that all readings share."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smmap.insitu.sensor import Sensor

TEXTS = ("network", "station", "instrument", "flag", "source", "land_cover", "climate")
"""Columns of words, as categories; "" is not known."""
NUMBERS = (
    "latitude",
    "longitude",
    "elevation_m",
    "depth_from_m",
    "depth_to_m",
    "soil_moisture",
    "sand_percent",
    "silt_percent",
    "clay_percent",
    "organic_carbon_percent",
    "saturation",
)
"""Columns of float64; NaN is not known."""
PROBE = ("network", "station", "depth_from_m", "depth_to_m", "instrument")
"""Columns that tell one probe from another."""
TIME_TYPE: Final = "datetime64[ms, UTC]"
_WORDS_OF_SENSOR = ("network", "station", "instrument", "land_cover", "climate")
COLUMNS = (
    "network",
    "station",
    "latitude",
    "longitude",
    "elevation_m",
    "time",
    "depth_from_m",
    "depth_to_m",
    "soil_moisture",
    "flag",
    "instrument",
    "land_cover",
    "climate",
    "sand_percent",
    "silt_percent",
    "clay_percent",
    "organic_carbon_percent",
    "saturation",
    "source",
)
"""Every table of readings has these, in this order; a table's own columns follow."""


def build_frame(
    sensor: Sensor,
    time: Any,
    soil_moisture: NDArray[np.float64],
    flag: Any = "",
    *,
    source: str,
) -> pd.DataFrame:
    """The readings of one probe as rows of the common table.

    Parameters
    ----------
    time
        (n,) UTC with a zone; NaT where it could not be read.
    soil_moisture
        (n,) m3/m3, NaN where there is none.
    flag
        (n,) the archive's quality flags, or one for all.
    source
        File they come from.
    """
    n = len(soil_moisture)
    words: dict[str, str] = {name: getattr(sensor, name) for name in _WORDS_OF_SENSOR}
    words["source"] = source
    constants = {name: pd.Categorical([word]).repeat(n) for name, word in words.items()}
    numbers = {name: value for name, value in asdict(sensor).items() if name in NUMBERS}
    frame = pd.DataFrame({"time": time, "soil_moisture": soil_moisture, "flag": flag})
    return complete_frame(frame.assign(**numbers, **constants))


def complete_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a table all of `COLUMNS`, in their order and types; others are kept behind them."""
    columns: dict[str, Any] = {}
    for name in COLUMNS:
        if name == "time":
            columns[name] = frame[name].astype(TIME_TYPE)
        elif name in TEXTS:
            columns[name] = _complete_words(frame, name)
        else:
            numbers = frame[name] if name in frame else pd.Series(np.nan, index=frame.index)
            columns[name] = numbers.astype(np.float64)
    others = {str(name): frame[name] for name in frame.columns if name not in COLUMNS}
    return pd.DataFrame(columns | others).reset_index(drop=True)


def _complete_words(frame: pd.DataFrame, name: str) -> pd.Series:
    words = frame[name] if name in frame else pd.Series("", index=frame.index)
    if isinstance(words.dtype, pd.CategoricalDtype) and not words.isna().any():
        return words
    return words.astype(object).fillna("").astype(str).astype(object).astype("category")


def join_frames(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """All rows below each other, sorted by probe and time, whatever the order of the frames."""
    order = [*PROBE, "time", "source", "soil_moisture", "flag"]
    return stack_frames(frames).sort_values(order, kind="stable", ignore_index=True)


def stack_frames(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """All rows below each other, in the order of the frames."""
    if not frames:
        return complete_frame(pd.DataFrame({"time": pd.Series([], dtype=TIME_TYPE)}))
    types = {}
    for name in TEXTS:
        words = (one[name].cat.remove_unused_categories().cat.categories for one in frames)
        types[name] = pd.CategoricalDtype(sorted(set().union(*words)))
    return pd.concat([one.astype(types) for one in frames], ignore_index=True)
