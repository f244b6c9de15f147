"""Everything of a sample in one row."""

from __future__ import annotations

from collections.abc import Container, Iterable

import numpy as np
import pandas as pd

from smmap.matchup.plan import UNSEEN, SamplePlan
from smmap.matchup.sample_batch import SHARES
from smmap.matchup.site import describe_site
from smmap.matchup.tally import Tally
from smmap.matchup.wanted import name_columns
from smmap.spec.errors import ConfigError, InsituError
from smmap.spec.input_list import FeatureSet
from smmap.spec.unit import Unit

PLACE, DAY = ("latitude", "longitude"), "day_of_year"
"""Features that may fill a column of ours: they are what it holds anyway."""
FIRST = (
    "soil_moisture",
    "network",
    "station",
    "cell",
    "latitude",
    "longitude",
    "time",
    "measured_at",
    "minutes_between",
    "readings",
    "stations",
    "depth_from_m",
    "depth_to_m",
    "platform",
    "relative_orbit",
    "orbit_state",
)
"""Columns before the inputs."""
LAST = (
    "land_cover",
    "climate",
    "sand_percent",
    "silt_percent",
    "clay_percent",
    "station_latitude",
    "station_longitude",
    "unit",
    "fingerprint",
    "scenes",
)
"""Columns behind them."""
_OWN = ("geometry", "radar_weight", "site", "row", "col")
_KEY = ["unit", "row", "col"]
_ORDER = ["network", "station", "station_latitude", "station_longitude", "time", "unit"]


def check_columns(wanted: FeatureSet) -> None:
    """Refuse inputs that would overwrite a column of ours.

    Raises
    ------
    ConfigError
        If there is one.
    """
    for column, one in name_columns(wanted).items():
        same = (one.feature == column and column in PLACE) or (column, one.feature) == ("time", DAY)
        if column in (*FIRST, *SHARES, *LAST, *_OWN) and not same:
            raise ConfigError(
                f"'{wanted.name}': input '{one.name}' fills a column '{column}', which every table "
                "of samples has for itself; give it another 'column'"
            )


def refuse_empty(tally: Tally) -> InsituError:
    """What to raise where there is not one sample: with all reasons."""
    reasons = "; ".join(list(tally.describe())[1:]) or "there is no reading"
    return InsituError(
        f"not one sample: {reasons}; compare the recipe's period, area and sources with the "
        "stations' places and times"
    )


def assemble_table(plan: SamplePlan, sampled: Iterable[pd.DataFrame], tally: Tally) -> pd.DataFrame:
    """Rows of all batches with what was measured, where, and what they were made from.

    Parameters
    ----------
    plan
        What was wanted.
    sampled
        Rows of the batches, in any order.
    tally
        Counts what has no row, and inputs without a value.

    Returns
    -------
    DataFrame
        Columns `FIRST`, inputs, shares of land cover, ``radar_weight``, `LAST`; by network,
        station, place and time.

    Raises
    ------
    InsituError
        If no sample is left.
    """
    filled = [one for one in sampled if len(one)]
    if not filled:
        tally.count_pairs(0, UNSEEN, len(plan.targets))
        raise refuse_empty(tally)
    table = plan.targets.merge(pd.concat(filled, ignore_index=True), on=_KEY, how="inner")
    tally.count_pairs(0, UNSEEN, len(plan.targets) - len(table))
    unseen = set(plan.targets["site"]) - set(table["site"])
    tally.lose_stations((plan.sites[one] for one in sorted(unseen)), UNSEEN)
    # An input of the day of the year is the time itself, from which training takes the day.
    columns = [one for one in name_columns(plan.context.feature_set) if one != "time"]
    tally.missing = {name: int(table[name].isna().sum()) for name in columns}
    shares = [name for name in SHARES if name in table.columns]
    table = _describe_units(table.drop(columns="time", errors="ignore"), plan, tally)
    table = _describe_places(table, plan)
    inputs = [name for name in columns if name not in PLACE]
    ordered = table[[*FIRST, *inputs, *shares, "radar_weight", *LAST]]
    tally.samples = int(ordered["soil_moisture"].notna().sum())
    tally.earlier = len(ordered) - tally.samples
    return ordered.sort_values(_ORDER, kind="stable", ignore_index=True)


def describe_targets(plan: SamplePlan, tally: Tally) -> pd.DataFrame:
    """What was measured at every site and overpass, where and when: all columns but inputs."""
    table = _describe_places(_describe_units(plan.targets, plan, tally), plan).drop(columns="site")
    return table.sort_values(_ORDER, kind="stable", ignore_index=True)


def _describe_units(table: pd.DataFrame, plan: SamplePlan, tally: Tally) -> pd.DataFrame:
    units = [plan.units[name] for name in table["unit"]]
    passes = [unit.overpass for unit in units]
    scenes = {unit.id: _list_scenes(unit, tally.skipped) for unit in plan.units.values()}
    return table.assign(
        time=pd.to_datetime([one.datetime for one in passes], utc=True).astype(
            "datetime64[ms, UTC]"
        ),
        measured_at=table["measured_at"].astype("datetime64[ms, UTC]"),
        platform=[one.platform for one in passes],
        relative_orbit=pd.array([one.relative_orbit for one in passes], "Int16"),
        orbit_state=pd.array([one.orbit_state for one in passes], "string"),
        # Many rows share them, and lists of scenes are long.
        unit=pd.Categorical(table["unit"]),
        fingerprint=pd.Categorical([unit.fingerprint for unit in units]),
        scenes=pd.Categorical([scenes[unit.id] for unit in units]),
    )


def _list_scenes(unit: Unit, skipped: Container[str]) -> str:
    """All that the unit may be made from: source and id, with spaces between."""
    named = [("sentinel1", unit.overpass.items), *sorted(unit.inputs.items())]
    return " ".join(
        f"{key}/{item.id}" for key, items in named for item in items if item.id not in skipped
    )


def _describe_places(table: pd.DataFrame, plan: SamplePlan) -> pd.DataFrame:
    numbers: list[int] = table["site"].tolist()
    used = sorted(set(numbers))
    known = pd.DataFrame(
        [
            {
                "network": plan.sites[one].network,
                "station": plan.sites[one].station,
                "cell": plan.sites[one].cell,
                "station_latitude": plan.sites[one].latitude,
                "station_longitude": plan.sites[one].longitude,
                **dict(
                    zip(("longitude", "latitude"), plan.pixels[one].compute_centre(), strict=True)
                ),
                **describe_site(plan.sites[one]),
            }
            for one in used
        ],
        index=used,
    )
    known = known.astype(
        dict.fromkeys(PLACE, np.float32)  # as mapping has them
        | dict.fromkeys(("land_cover", "climate"), "string")
    )
    rows = known.loc[numbers].reset_index(drop=True)
    return table.drop(columns=list(PLACE), errors="ignore").assign(
        **{str(name): rows[name] for name in rows.columns}
    )
