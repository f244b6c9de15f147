"""A site is a place: whatever stations are called, and however often a name is used."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smmap.validation.samples import name_sites, name_stations
from smmap.validation.schemes import make_splits
from smmap.validation.site import list_shared_places

METRE = 1 / 111_195  # degrees of a meridian of a sphere of 6371 km


def make(*rows):
    """Network, station, metres north and east of 50 N 0 E."""
    table = pd.DataFrame(rows, columns=["network", "station", "north", "east"])
    return table.assign(
        latitude=50 + table["north"] * METRE,
        longitude=table["east"] * METRE / np.cos(np.radians(50)),
    ).drop(columns=["north", "east"])


@pytest.mark.parametrize(
    "rows, sites",
    [
        ([("A", "1", 0, 0), ("A", "2", 0, 3)], 1),  # two names of a place
        ([("A", "1", 0, 0), ("B", "1", 3, 0)], 1),
        ([("A", "1", 0, 0), ("A", "2", 0, 10)], 2),  # neighbouring pixels of 10 m
        ([("A", "1", 0, 0), ("A", "1", 0, 400)], 1),  # points of a field
        ([("A", "1", 0, 0), ("A", "1", 9000, 0), ("A", "1", 18_000, 0)], 1),
        ([("A", "1", 0, 0), ("A", "1", 20_000, 0)], 2),  # a name that is used twice
        ([("A", "1", 0, 0), ("B", "1", 0, 500)], 2),  # of two networks
        # A field with a point of another field in it is one ground.
        ([("A", "1", 0, 0), ("A", "1", 0, 400), ("A", "2", 0, 402), ("A", "2", 0, 800)], 1),
    ],
)
def test_sites_are_places(rows, sites):
    assert name_sites(make(*rows)).nunique() == sites


def test_a_place_has_one_side_of_a_split():
    rng = np.random.default_rng(0)
    rows = [("A", f"s{i}", 0, 5000 * i) for i in range(12)]
    doubles = [("B", f"t{i}", rng.uniform(-4, 4), 5000 * i) for i in range(12)]
    table = pd.concat([make(*rows, *doubles)] * 5, ignore_index=True)
    pair = table["station"].str[1:].to_numpy()
    for split in make_splits(table, "station"):
        assert not set(pair[split.train]) & set(pair[split.test])
    shared = list_shared_places(name_stations(table), name_sites(table))
    assert shared[:2] == ["A / s0 = B / t0", "A / s1 = B / t1"]
    assert len(shared) == 12


def test_names_say_which_of_several_places():
    table = make(("A", "1", 0, 0), ("A", "1", 50_000, 0), ("A", "2", 70_000, 0))
    first, second, third = name_sites(table)
    assert (first, third) == ("A / 1 at 50.0000 0.0000", "A / 2")
    assert second == f"A / 1 at {50 + 50_000 * METRE:.4f} 0.0000"


def test_stations_of_one_pixel_are_one_site_and_so_are_stations_side_by_side():
    pixels = make(("A", "1", 0, 0), ("A", "2", 0, 0), ("A", "3", 0, 100), ("A", "4", 0, 200))
    stations = make(("A", "1", 0, 0), ("A", "2", 0, 60), ("A", "3", 0, 149), ("A", "4", 0, 151))
    table = pixels.assign(
        station_latitude=stations["latitude"], station_longitude=stations["longitude"].astype(str)
    )
    assert name_sites(table).tolist() == ["A / 1", "A / 1", "A / 3", "A / 3"]


def test_without_places_names_are_all_there_is():
    table = pd.DataFrame({"network": ["A", "A", None], "station": ["1", "2", "1"]})
    assert name_sites(table).tolist()[:2] == ["A / 1", "A / 2"]
    assert name_sites(table).isna().tolist() == [False, False, True]
    nowhere = table.assign(latitude=[np.nan, 50.0, 50.0], longitude=[np.nan, 1.0, 1.0])
    assert name_sites(nowhere).tolist()[:2] == ["A / 1", "A / 2"]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40)), min_size=1, max_size=20))
def test_order_of_rows_does_not_matter(rows):
    table = make(*(("N", name, 0, 5 * east) for name, east in rows))
    order = np.random.default_rng(len(rows)).permutation(len(rows))
    mixed = name_sites(table.iloc[order])
    pd.testing.assert_series_equal(mixed.sort_index(), name_sites(table), check_dtype=False)
