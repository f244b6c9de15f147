"""Splits by two things at once leak by neither."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smmap.spec.errors import InsituError
from smmap.validation.combined import split_places_and_years
from smmap.validation.schemes import make_splits


@settings(max_examples=40, deadline=None)
@given(
    st.integers(3, 6),
    st.integers(2, 5),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), max_size=20),
    st.integers(0, 3),
)
def test_new_places_in_new_years_share_neither(stations, count, more, seed):
    """Each place in each year once, and some of them more often."""
    rows = [(place, year) for place in range(stations) for year in range(count)] + more
    places = pd.Series([f"s{place}" for place, _ in rows], name="station")
    years = pd.Series([2018 + year for _, year in rows], name="year")
    splits = split_places_and_years(places, years, 3, scheme="station and year", seed=seed)
    tested = np.concatenate([one.test for one in splits])
    assert len(set(tested)) == len(tested)
    assert set(places[tested]) == set(places)
    assert set(years[tested]) == set(years)
    for one in splits:
        assert not set(places[one.train]) & set(places[one.test])
        assert not set(years[one.train]) & set(years[one.test])
        # Nothing that may be trained on is left aside.
        free = ~places.isin(places[one.test]) & ~years.isin(years[one.test])
        assert set(one.train) == set(np.flatnonzero(free))


def test_networks_by_themselves():
    """Three of 200 rows and four stations each; one of 200 rows at two, and one of 60 rows."""
    station = np.tile(np.arange(12), 50)
    network = np.array(list("xyz"))[station % 3]
    many = pd.DataFrame({"station": station.astype(str), "network": network})
    two = many[many["station"].isin(["0", "3"])].assign(network="few stations")
    few = many[many["network"] == "x"].iloc[:60].assign(network="few rows")
    table = pd.concat([many, two, two, few], ignore_index=True)
    for scheme in ("station within network", "random within network"):
        splits = make_splits(table, scheme, folds=4)
        networks = {table["network"][one.test].iloc[0] for one in splits}
        large = {"few stations"} if scheme.startswith("random") else set()
        assert networks == {"x", "y", "z"} | large
        for one in splits:
            rows = np.concatenate([one.train, one.test])
            assert table["network"].iloc[rows].nunique() == 1
            name = table["network"].iloc[rows[0]]
            assert len(rows) == (table["network"] == name).sum()
            shared = set(table["station"][one.train]) & set(table["station"][one.test])
            assert bool(shared) == scheme.startswith("random")
    with pytest.raises(InsituError, match="none of 1 has 100 samples and 4 groups"):
        make_splits(few, "station within network", folds=4)
