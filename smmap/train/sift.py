"""Which rows of a table are samples, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from smmap.features.array import Bools, Doubles
from smmap.features.limits import find_outside
from smmap.spec.training import TrainingRecipe
from smmap.train.table_file import read_numbers
from smmap.validation.samples import TRUTH, name_sites, name_stations, need_columns
from smmap.validation.site import list_shared_places

_WATER_CODE = "210"
"""Of water bodies in ESA CCI land cover, which archives of stations name."""
_HALF = 0.5
"""Share of a pixel from which it is water, as on the map."""


@dataclass(frozen=True)
class Verdict:
    """What one rule says of the rows."""

    reason: str
    """Why rows are dropped."""
    good: Bools
    """(n,) True where they are not."""
    spoils: bool = False
    """True: those that are not good are no earlier rows of others either."""


def judge_rows(
    table: pd.DataFrame, frame: pd.DataFrame, recipe: TrainingRecipe, values: Doubles, where: str
) -> Iterator[Verdict]:
    """All rules, in the order in which a row is counted under the first.

    Parameters
    ----------
    table
        As it is.
    frame
        The same with ``network``, ``station``, ``soil_moisture`` (m3/m3), ``time`` and places under
        these names, as far as they are known.
    values
        (n, inputs) in their own units.

    Raises
    ------
    InsituError
        If a column that the recipe names is missing, or holds words.
    """
    known = frame[TRUTH].notna().to_numpy()
    if recipe.history is not None:
        yield Verdict(f"no '{recipe.target.column}': earlier overpasses alone", known)
    yield from _judge_places(frame, recipe, values)
    if recipe.unique:
        need_columns(table, recipe.unique, where)
        first = ~table.duplicated(list(recipe.unique)).to_numpy()
        yield Verdict(f"{', '.join(recipe.unique)} come twice", first)
    yield Verdict("same place, time and values as a row above", find_first(frame, values))
    for limit in recipe.quality:
        numbers = read_numbers(table, limit.column, where)
        outside = find_outside(limit, numbers)
        inside = ~outside & ~np.isnan(numbers)
        low = -np.inf if limit.least is None else limit.least
        high = np.inf if limit.most is None else limit.most
        reason = f"{limit.column} outside {low:g}..{high:g}"
        # What is outside is nothing to look back to; what is not known is no objection to that.
        yield Verdict(reason, ~outside, spoils=True)
        yield Verdict(f"no {limit.column}, which has to be {low:g}..{high:g}", inside)
    if recipe.missing == "invalid":
        yield Verdict("an input is missing", ~np.isnan(values.sum(axis=1)))


def _judge_places(
    frame: pd.DataFrame, recipe: TrainingRecipe, values: Doubles
) -> Iterator[Verdict]:
    """Rows of no time and no place on Earth, or of none with soil; what is not known passes."""
    if "time" in frame.columns:
        late = (frame["time"] > pd.Timestamp.now("UTC")).to_numpy(bool)
        yield Verdict("time in the future", ~late, spoils=True)
    places = [[frame[axis].to_numpy(np.float64) for axis in _AXES]] if _has(frame, _AXES) else []
    of_inputs = {one.feature: values[:, i] for i, one in enumerate(recipe.inputs)}
    if set(_AXES) <= set(of_inputs):
        places.append([of_inputs[axis] for axis in _AXES])
    for latitude, longitude in places:
        strange = (np.abs(latitude) > 90) | (np.abs(longitude) > 180)
        strange |= (latitude == 0) & (longitude == 0)
        reason = "no place on Earth: latitude -90..90, longitude -180..180, not 0, 0"
        yield Verdict(reason, ~strange, spoils=True)
    wet = np.zeros(len(frame), dtype=bool)
    if "land_cover" in frame.columns:
        wet |= (frame["land_cover"].astype(str) == _WATER_CODE).to_numpy(bool)
    if "land_cover_water" in frame.columns:
        shares = pd.to_numeric(frame["land_cover_water"], errors="coerce").to_numpy(np.float64)
        wet |= shares >= _HALF
    yield Verdict("stands on water by its land cover", ~wet, spoils=True)


_AXES = ("latitude", "longitude")


def _has(frame: pd.DataFrame, columns: tuple[str, ...]) -> bool:
    return set(columns) <= set(frame.columns)


def find_first(frame: pd.DataFrame, values: Doubles) -> Bools:
    """True but where a row above has the same time, inputs and target, under whatever name.

    Where places are known they must be the same, too; rows without a target, and tables without
    times, repeat nothing.
    """
    if not _has(frame, ("time", "station")):
        return np.ones(len(frame), dtype=bool)
    key = pd.DataFrame(values).assign(time=frame["time"].to_numpy(), truth=frame[TRUTH].to_numpy())
    if _has(frame, _AXES):
        key["site"] = name_sites(frame).to_numpy()
    return np.asarray(~key.duplicated() | key["truth"].isna(), dtype=bool)


def describe_shared_places(frame: pd.DataFrame) -> str:
    """What to say of places with several names; nothing where there is none."""
    if not _has(frame, ("station", *_AXES)):
        return ""
    shared = list_shared_places(name_stations(frame), name_sites(frame))
    if not shared:
        return ""
    more = f" and {len(shared) - 5} more" if len(shared) > 5 else ""
    return (
        f"{len(shared)} places have several names, and count as one site each: "
        f"{'; '.join(shared[:5])}{more}"
    )
