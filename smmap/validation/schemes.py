"""Splits by their names. Grouped ones are the default; a random one warns."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial

import pandas as pd

from smmap.spec.errors import InsituError
from smmap.validation.cell import name_cells
from smmap.validation.combined import split_places_and_years, split_within
from smmap.validation.flattery import Flattery
from smmap.validation.folds import hold_out, leave_each_out, split_into_folds
from smmap.validation.networks import split_networks
from smmap.validation.samples import name_sites, need_columns
from smmap.validation.split import Split

logger = logging.getLogger(__name__)

DEFAULT_SCHEME = "station"
RANDOM = "random"
ALL_SCHEMES = (
    *("station", "cell", "network", "leave-out network", "year", "station and year"),
    *("cell and year", "station within network", "random within network", RANDOM),
)
"""Those of which a report shows as many as its samples can give."""
_LEAVE_OUT, _AND_YEAR, _WITHIN = "leave-out ", " and year", " within "


def make_splits(
    samples: pd.DataFrame,
    scheme: str = DEFAULT_SCHEME,
    *,
    folds: int = 5,
    seed: int = 0,
    measured: Flattery | None = None,
) -> list[Split]:
    """The splits of a scheme.

    Parameters
    ----------
    samples
        One row a sample. Which columns are needed depends on the scheme: network and station,
        latitude and longitude, time; for any other word the column of that name.
    scheme
        ``station``, ``cell``, ``network`` or the name of any column: folds of whole groups; cells
        of several networks as of `split_networks`.
        ``year``: each year by the others. ``leave-out COLUMN``: each group by the others.
        ``station and year``, ``cell and year``: new places in new years. ``station within
        network``, ``random within network``: folds within each group of the latter, trained on
        its rows alone. ``sensor-60-20-20``: stations to train, validate and test on.
        ``random``: rows, which warns.
    folds
        Where the scheme has folds.
    seed
        The same seed gives the same splits.
    measured
        What a random split was found to flatter by on these samples; said in its warning.

    Raises
    ------
    InsituError
        If a column is missing or there are too few groups.
    """
    if scheme == RANDOM:
        warn_of_random(measured)
    if _WITHIN in scheme:
        groups, networks = (find_groups(samples, one) for one in scheme.split(_WITHIN, 1))
        return split_within(groups, networks, folds, scheme=scheme, seed=seed)
    if scheme.endswith(_AND_YEAR):
        places = find_groups(samples, scheme.removesuffix(_AND_YEAR))
        years = find_groups(samples, "year")
        return split_places_and_years(places, years, folds, scheme=scheme, seed=seed)
    if scheme.startswith(_LEAVE_OUT):
        column = scheme.removeprefix(_LEAVE_OUT)
        return _split_whole(samples, column, partial(leave_each_out, scheme=scheme), scheme)
    groups = find_groups(samples, scheme)
    if scheme == "year":
        return list(leave_each_out(groups, scheme=scheme))
    if scheme == "sensor-60-20-20":
        return [hold_out(groups, scheme=scheme, seed=seed)]
    cut = partial(split_into_folds, folds=folds, scheme=scheme, seed=seed)
    return _split_whole(samples, scheme, cut, scheme)


def _split_whole(
    samples: pd.DataFrame,
    column: str,
    split: Callable[[pd.Series], Iterable[Split]],
    scheme: str,
) -> list[Split]:
    """Whole groups; of networks, which may share a cell, so that none tells of another."""
    groups = find_groups(samples, column)
    if column == "network":
        return split_networks(groups, split, scheme=scheme)
    return list(split(groups))


def is_random(scheme: str) -> bool:
    """Whether rows of one station may be on both sides."""
    return scheme == RANDOM or scheme.startswith(RANDOM + _WITHIN)


def find_groups(samples: pd.DataFrame, scheme: str) -> pd.Series:
    """Each sample's group by a scheme's name, or the column of that name.

    Raises
    ------
    InsituError
        If a column is missing.
    """
    find = _GROUPS.get(scheme)
    if find is not None:
        return find(samples)
    if scheme not in samples.columns:
        known = ", ".join(dict.fromkeys([*_GROUPS, *ALL_SCHEMES, "leave-out COLUMN"]))
        raise InsituError(f"no split '{scheme}': neither one of {known}, nor a column of the table")
    return samples[scheme]


def _number_rows(samples: pd.DataFrame) -> pd.Series:
    return pd.Series(range(len(samples)), index=samples.index, name="row")


def _find_cells(samples: pd.DataFrame) -> pd.Series:
    need_columns(samples, ("latitude", "longitude"), "split by cell")
    return name_cells(samples["latitude"], samples["longitude"])


def _find_years(samples: pd.DataFrame) -> pd.Series:
    need_columns(samples, ("time",), "split by year")
    return pd.Series(pd.to_datetime(samples["time"], utc=True).dt.year, name="year")


_GROUPS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    RANDOM: _number_rows,
    "station": name_sites,
    "sensor-60-20-20": name_sites,
    "cell": _find_cells,
    "year": _find_years,
}


def warn_of_random(measured: Flattery | None) -> None:
    """Say that a random split flatters, and by how much if that is known."""
    found = measured.describe() if measured else "it has not been measured here by how much"
    logger.warning(
        "a random split puts readings of one station on both sides and flatters: %s; "
        "split by station, cell, network or year to know what a map is worth",
        found,
    )
