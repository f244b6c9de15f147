"""Slices into overpasses, in any order."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pystac
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from smmap.catalog.overpass import group_overpasses

DAWN = datetime(2023, 4, 29, 5, 58, tzinfo=UTC)


def make_slice(name="a", start=DAWN, lon=5.0, lat=51.0, seconds=25, **properties):
    """A 25 s slice of 250 km x 170 km or so."""
    shape = shapely.box(lon - 1.5, lat - 0.8, lon + 1.5, lat + 0.8)
    times = {
        "start_datetime": start.isoformat(),
        "end_datetime": (start + timedelta(seconds=seconds)).isoformat(),
    }
    defaults = {"platform": "sentinel-1a", "sat:orbit_state": "descending"}
    known = {k: v for k, v in {**defaults, **times, **properties}.items() if v is not None}
    return pystac.Item(name, shapely.geometry.mapping(shape), list(shape.bounds), start, known)


def ids(items):
    return [overpass.id for overpass in group_overpasses(items)]


def orbit(absolute=None, relative=None):
    return {"sat:absolute_orbit": absolute, "sat:relative_orbit": relative}


def test_nothing_gives_nothing():
    assert group_overpasses([]) == []


def test_names_from_what_is_known():
    assert ids([make_slice(**orbit(30352, 110))]) == ["S1A_O030352"]
    assert ids([make_slice(**orbit(relative=110))]) == ["S1A_R110D_20230429"]
    assert ids([make_slice(**orbit(relative=5), **{"sat:orbit_state": "ascending"})]) == [
        "S1A_R005A_20230429"
    ]
    assert ids([make_slice(**orbit(relative=110), **{"sat:orbit_state": None})]) == [
        "S1A_R110_20230429"
    ]
    assert ids([make_slice()]) == ["S1A_20230429_D"]
    assert ids([make_slice(**orbit(0, 0))]) == ["S1A_20230429_D"]
    assert ids([make_slice(platform=None, **{"sat:orbit_state": None})]) == ["UNKNOWN_20230429"]


@pytest.mark.parametrize(
    "platform", ["sentinel-1a", "SENTINEL-1A", "Sentinel-1A", "sentinel1a", "S1A", None]
)
def test_spellings_of_a_platform(platform):
    (overpass,) = group_overpasses([make_slice("S1A_IW_GRDH", platform=platform, **orbit(1))])
    assert (overpass.platform, overpass.id) == ("sentinel-1a", "S1A_O000001")


def test_another_platform_is_another_overpass():
    slices = [make_slice("a", **orbit(1)), make_slice("b", platform="sentinel-1b", **orbit(1))]
    assert ids(slices) == ["S1A_O000001", "S1B_O000001"]


def test_slices_join_and_time_is_their_middle():
    second = make_slice("b", DAWN + timedelta(seconds=25), lat=49.5, **orbit(30352, 110))
    (overpass,) = group_overpasses([second, make_slice("a", **orbit(30352, 110))])
    assert [item.id for item in overpass.items] == ["a", "b"]
    assert overpass.datetime == DAWN + timedelta(seconds=25)
    assert (overpass.orbit_state, overpass.relative_orbit) == ("descending", 110)


def test_a_slice_without_absolute_orbit_joins_its_pass():
    slices = [
        make_slice("a", **orbit(30352, 110)),
        make_slice("b", DAWN + timedelta(seconds=25), lat=49.5, **orbit(relative=110)),
        make_slice("c", DAWN + timedelta(days=12), **orbit(relative=110)),
    ]
    assert ids(slices) == ["S1A_O030352", "S1A_R110D_20230511"]


def test_slices_around_midnight_utc_stay_together():
    # 6 h local time is midnight UTC at 90 degrees east
    late = datetime(2023, 4, 29, 23, 59, 50, tzinfo=UTC)
    for relative in (110, None):
        slices = [
            make_slice("a", late, lon=90, **orbit(relative=relative)),
            make_slice(
                "b", late + timedelta(seconds=25), lon=89.6, lat=49.5, **orbit(relative=relative)
            ),
        ]
        assert len(group_overpasses(slices)) == 1
        assert "20230430" in ids(slices)[0]  # 29 April 24 h + 90 / 15 h


def test_a_pass_over_the_antimeridian_stays_together():
    # 18 h UTC is 6 h local time of the 30th at 179.5 E, and of the 29th at 179.5 W
    evening = datetime(2023, 4, 29, 18, tzinfo=UTC)
    slices = [
        make_slice("a", evening, lon=177.0, **orbit(relative=110)),
        make_slice(
            "b", evening + timedelta(seconds=25), lon=-177.0, lat=49.5, **orbit(relative=110)
        ),
    ]
    assert ids(slices) == ["S1A_R110D_20230429"]
    assert ids(slices[:1]) == ["S1A_R110D_20230430"]
    assert ids([make_slice("c", evening, lon=179.5, **orbit(relative=110))]) == [
        "S1A_R110D_20230430"
    ]


def test_a_second_slice_does_not_change_the_name():
    for known in (orbit(30352, 110), orbit(relative=110), orbit()):
        first = make_slice("a", **known)
        more = make_slice("b", DAWN + timedelta(seconds=25), lat=49.5, **known)
        assert ids([first]) == ids([first, more]) == ids([more])


def test_a_scene_processed_again_replaces_the_older(caplog):
    old = make_slice("x_AAAA", **orbit(7), updated="2023-05-01T00:00:00Z")
    new = make_slice("x_9999", **orbit(7), updated="2023-06-01T00:00:00Z")
    with caplog.at_level(logging.INFO):
        (overpass,) = group_overpasses([new, old])
    assert [item.id for item in overpass.items] == ["x_9999"]
    assert "x_AAAA" in caplog.text


def test_bursts_that_say_nothing_of_their_orbit_are_passes_of_their_track():
    """Morning and evening of one day are two passes, not one with pixels of both."""
    name = "OPERA_L2_RTC-S1_{}_20230429T{}Z_20250830T120333Z_S1A_30_v1.0"
    silent = {"platform": None, "sat:orbit_state": None}
    evening = DAWN + timedelta(hours=11, minutes=30)
    bursts = [
        make_slice(name.format("T110-235001-IW1", "055800"), **silent),
        make_slice(name.format("T110-235002-IW1", "055803"), lat=50.8, **silent),
        make_slice(name.format("T088-187001-IW1", "172800"), evening, **silent),
    ]
    assert ids(bursts) == ["S1A_R110_20230429", "S1A_R088_20230429"]


def test_tiles_of_one_instant_are_no_repetition():
    tiles = [make_slice(name, lon=lon, **orbit(7)) for name, lon in (("a", 5.0), ("b", 6.5))]
    (overpass,) = group_overpasses(tiles)
    assert len(overpass.items) == 2


slices = st.builds(
    lambda number, minutes, lon, platform, absolute, relative, state, updated: make_slice(
        f"s{number}",
        DAWN + timedelta(minutes=minutes),
        lon,
        platform=platform,
        updated=updated,
        **orbit(absolute, relative),
        **{"sat:orbit_state": state},
    ),
    st.integers(0, 99),
    st.sampled_from([0, 1, 700, 1080, 17280]),
    st.sampled_from([5.0, 5.1, 90.0, 178.0, -179.0]),
    st.sampled_from(["sentinel-1a", "SENTINEL-1A", "sentinel-1b", None]),
    st.sampled_from([None, 0, 7, 8]),
    st.sampled_from([None, 0, 110, 37]),
    st.sampled_from([None, "ascending", "descending"]),
    st.sampled_from([None, "2023-05-01T00:00:00Z", "2023-05-02T00:00:00+02:00"]),
)


@given(st.lists(slices, max_size=6, unique_by=lambda item: item.id), st.data())
def test_the_order_of_items_never_matters(items, data):
    overpasses = group_overpasses(items)
    assert group_overpasses(data.draw(st.permutations(items))) == overpasses
    names = [overpass.id for overpass in overpasses]
    assert len(set(names)) == len(names)
    grouped = [item.id for overpass in overpasses for item in overpass.items]
    assert len(set(grouped)) == len(grouped) <= len(items)
    assert [o.datetime for o in overpasses] == sorted(o.datetime for o in overpasses)
