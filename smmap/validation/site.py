"""Which samples are of one place: a site is a place, whatever it is called."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from smmap.validation.earth import compute_points

SAME_PLACE_M = 8.0
"""Stations closer to each other are one, whatever their names; less than a pixel of 10 m, as
neighbouring pixels are places of their own."""
FAR_M = 10_000.0
"""Places of one name that are further apart, with none between them, are different sites: a field
or a farm has points in many places, a station that bears the name of another does not."""

_PLACES = (("latitude", "longitude"), ("station_latitude", "station_longitude"))
"""Of the pixel that the inputs are of, and of the station in it: near by either is near."""
_Pairs = NDArray[np.intp]


def join_places(names: pd.Series[str], samples: pd.DataFrame) -> pd.Series[str]:
    """Names of sites: one for all stations at one place, several for a name at places far apart.

    Parameters
    ----------
    names
        (n,) of the stations; without a value where none is known.
    samples
        With ``latitude`` and ``longitude``, or ``station_latitude`` and ``station_longitude``,
        degrees, where places are known; without any of them sites are names.

    Returns
    -------
    Series
        Of several names the first; of a name at places far apart, with the place behind it.
    """
    pairs = [pair for pair in _PLACES if set(pair) <= set(samples.columns)]
    if not pairs:
        return names
    columns = [column for pair in pairs for column in pair]
    numbers = samples[columns].apply(pd.to_numeric, errors="coerce").astype(np.float64)
    rows = numbers.assign(name=names)[names.notna()]
    order = ["name", *columns]
    nodes = rows.drop_duplicates().sort_values(order, ignore_index=True)
    nodes["site"] = _number_sites(nodes, pairs)
    nodes["label"] = _name_each(nodes, columns[:2])
    found = rows.merge(nodes, on=order, how="left")["label"]
    return names.where(names.isna(), pd.Series(found.to_numpy(), index=rows.index, dtype=object))


def list_shared_places(names: pd.Series[str], sites: pd.Series[str]) -> list[str]:
    """Names that one place has, where it has several: ``A / 1 = B / 7``."""
    known = pd.DataFrame({"site": sites, "name": names}).dropna().drop_duplicates()
    return [
        " = ".join(sorted(part["name"]))
        for _, part in known.groupby("site", sort=True)
        if len(part) > 1
    ]


def _number_sites(nodes: pd.DataFrame, pairs: list[tuple[str, str]]) -> NDArray[np.int32]:
    edges = [np.empty((0, 2), np.intp)]
    for latitude, longitude in pairs:
        points = compute_points(nodes[latitude].to_numpy(), nodes[longitude].to_numpy())
        known = np.flatnonzero(np.isfinite(points).all(axis=1))
        edges.append(_find_near(points, known, SAME_PLACE_M))
        named = nodes.iloc[known].groupby("name").indices.values()
        edges += [_link_name(points, known[numbers]) for numbers in named if len(numbers) > 1]
    unknown = nodes[[column for pair in pairs for column in pair]].isna().any(axis=1)
    for numbers in nodes[unknown].groupby("name").groups.values():
        # Where a name's place is not known in some rows, they may be of any of its places.
        all_of_it = np.flatnonzero(nodes["name"].eq(nodes["name"].iloc[numbers[0]]))
        edges.append(_chain(all_of_it))
    first, second = np.concatenate(edges).T
    linked = coo_array((np.ones(len(first), bool), (first, second)), (len(nodes),) * 2)
    sites: NDArray[np.int32] = connected_components(linked, directed=False)[1]
    return sites


def _find_near(points: NDArray[np.float64], chosen: _Pairs, metres: float) -> _Pairs:
    if not len(chosen):
        return np.empty((0, 2), np.intp)
    near = KDTree(points[chosen]).query_pairs(metres, output_type="ndarray")
    return np.asarray(chosen[near], np.intp)


def _link_name(points: NDArray[np.float64], numbers: _Pairs) -> _Pairs:
    if np.ptp(points[numbers], axis=0).max() * np.sqrt(3) <= FAR_M:
        return _chain(numbers)
    return _find_near(points, numbers, FAR_M)


def _chain(numbers: _Pairs) -> _Pairs:
    return np.column_stack([numbers[:-1], numbers[1:]])


def _name_each(nodes: pd.DataFrame, place: list[str]) -> pd.Series[str]:
    """Of each node that of its site; they are sorted: the order of rows does not matter."""
    first = nodes.groupby("site")[["name", *place]].transform("first")
    spread = nodes.groupby("name")["site"].transform("nunique") > 1
    apart = nodes.assign(spread=spread).groupby("site")["spread"].transform("any")
    at = [f" at {one:.4f} {other:.4f}" for one, other in first[place].to_numpy()]
    return first["name"].where(~apart, first["name"] + pd.Series(at, index=nodes.index))
