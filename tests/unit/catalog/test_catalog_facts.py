"""Facts of an item as providers write them, well or badly."""

from __future__ import annotations

from datetime import UTC, datetime

import pystac
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smmap.catalog.facts import read_number, read_orbit_number, read_orbit_state
from smmap.catalog.overpass import group_overpasses

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def make_item(**properties):
    moment = datetime(2023, 4, 1, 6, tzinfo=UTC)
    return pystac.Item("x", {"type": "Point", "coordinates": [5, 51]}, None, moment, properties)


@pytest.mark.parametrize(
    "value, number",
    [(38, 38.0), (38.5, 38.5), ("38.0", 38.0), (" 38 ", 38.0), (0, 0.0), (-1, -1.0)],
)
def test_numbers_also_as_text(value, number):
    assert read_number(make_item(a=value), "a") == number


@pytest.mark.parametrize(
    "value",
    ["n/a", "", None, "NaN", float("nan"), float("inf"), "-inf", True, [38], {"x": 1}, 10**400],
)
def test_all_else_is_unknown(value):
    assert read_number(make_item(a=value), "a") is None
    assert read_orbit_number(make_item(a=value), "a") is None
    assert read_number(make_item(), "a") is None


@pytest.mark.parametrize(
    "value, number", [(110, 110), ("110", 110), (110.0, 110), (0, None), (-3, None), (1.5, None)]
)
def test_orbit_numbers(value, number):
    assert read_orbit_number(make_item(a=value), "a") == number


@pytest.mark.parametrize(
    "value, state",
    [
        ("ascending", "ascending"),
        ("DESCENDING", "descending"),
        ("Ascending ", "ascending"),
        ("ASC", None),
        ("n/a", None),
        (None, None),
        (["ascending"], None),
    ],
)
def test_directions_in_any_case(value, state):
    assert read_orbit_state(make_item(**{"sat:orbit_state": value})) == state


KEYS = ("platform", "sat:orbit_state", "sat:relative_orbit", "sat:absolute_orbit", "updated")


@given(st.fixed_dictionaries(dict.fromkeys(KEYS, JSON)))
def test_an_overpass_comes_of_whatever_the_properties_are(properties):
    item = make_item(**properties)
    (overpass,) = group_overpasses([item])
    assert overpass.orbit_state in ("ascending", "descending", None)
    assert overpass.relative_orbit is None or overpass.relative_orbit > 0
