"""Slices lie where Sentinel-1's orbit says, and granules tile the ground."""

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
import shapely
from pyproj import Geod

from smmap.features.incidence import compute_incidence
from smmap.simulate.granules import list_granules
from smmap.simulate.orbits import FAR_EDGE_DEG, START, TRACKS, list_passes
from smmap.simulate.region import EUROPE, check_region
from smmap.simulate.slices import NEAR_EDGE_DEG, SLICE_TIME, list_slices
from smmap.spec.errors import ConfigError
from smmap.spec.period import Period

CYCLE = Period(START, START + timedelta(days=12))
SOUTH = (-62.0, -20.0, -50.0, -8.0)


@pytest.fixture(scope="module")
def slices():
    return list(list_slices(EUROPE, CYCLE))


def solar_hour(moment: datetime, lon: float) -> float:
    return (moment.hour + moment.minute / 60 + lon / 15) % 24


@pytest.mark.parametrize("region", [EUROPE, SOUTH])
def test_edges_have_the_angles_that_are_seen_from_the_orbit(region):
    """The ray is traced from satellite to ground; the mapper's angle searches from the ground."""
    found = list(list_slices(region, CYCLE))
    for one in found[::25]:
        lon, lat = shapely.get_coordinates(one.outline).T
        angle = compute_incidence(
            lon, lat, orbit_state=one.orbit_state, relative_orbit=one.relative_orbit
        )
        expected = np.linspace(NEAR_EDGE_DEG, FAR_EDGE_DEG, 5)
        np.testing.assert_allclose(angle[:5], expected, atol=0.05)
        np.testing.assert_allclose(angle[4:9], FAR_EDGE_DEG, atol=0.05)
        np.testing.assert_allclose(angle[-5:], NEAR_EDGE_DEG, atol=0.05)


def test_a_slice_is_250_by_170_km(slices):
    # IW, Product Specification: a swath of 250 km; 25 s at 6.8 km/s over the ground.
    geod = Geod(ellps="WGS84")
    for one in slices[::40]:
        corners = shapely.get_coordinates(one.outline)[[0, 4, 8]]
        _, _, (across, along) = geod.inv(*corners[:-1].T, *corners[1:].T)
        assert across == pytest.approx(250e3, rel=0.03)
        assert along == pytest.approx(172e3, rel=0.03)


def test_passes_come_when_they_came(slices):
    """The passes of `TRACKS` are those of April 2023 over eastern Belgium (5.9 E, 51.1 N)."""
    place = shapely.Point(5.9, 51.1)
    over = {one.absolute_orbit: one for one in slices if one.outline.contains(place)}
    full = [one for one in list_passes(12) if one.track.incidence_deg not in (32.5, FAR_EDGE_DEG)]
    for known in full:
        one = over[known.absolute_orbit]
        assert (one.relative_orbit, one.orbit_state) == (
            known.track.relative_orbit,
            known.track.orbit_state,
        )
        assert abs(one.start + SLICE_TIME / 2 - known.datetime) < timedelta(seconds=40)
    assert len(full) == len(TRACKS) - 2


def test_the_sun_stands_alike_at_all_passes(slices):
    # Mean local solar time of the ascending node is 18 h; further north the track leans west.
    for one in slices:
        hour = solar_hour(one.start, one.outline.centroid.x)
        expected = 17.8 if one.orbit_state == "ascending" else 6.2
        assert abs(hour - expected) < 0.6


def test_slices_of_a_pass_follow_without_a_gap(slices):
    passes = {}
    for one in slices:
        passes.setdefault((one.absolute_orbit, one.orbit_state), []).append(one)
    assert max(map(len, passes.values())) > 10
    for (_, state), members in passes.items():
        for first, second in pairwise(members):
            assert second.start - first.start == SLICE_TIME
            assert first.outline.intersects(second.outline)
            northwards = second.outline.centroid.y > first.outline.centroid.y
            assert northwards == (state == "ascending")


def test_a_cycle_sees_all_of_europe_and_then_repeats(slices):
    seen = shapely.union_all([one.outline for one in slices])
    assert seen.contains(shapely.box(*EUROPE))
    later = Period(CYCLE.end, CYCLE.end + timedelta(days=12))
    again = list(list_slices(EUROPE, later))
    assert [one.outline for one in again] == [one.outline for one in slices]
    assert [one.start - timedelta(days=12) for one in again] == [one.start for one in slices]
    starts = [one.start for one in slices]
    assert starts == sorted(starts)


@pytest.mark.parametrize("region", [(2.0, 46.0, 13.0, 48.0), (-62.0, -2.0, -58.0, 2.0)])
def test_granules_tile_the_ground_and_overlap(region):
    granules = list(list_granules(region))
    assert shapely.union_all([one.outline for one in granules]).contains(shapely.box(*region))
    assert len({one.code for one in granules}) == len(granules)
    corners = {(one.crs, *one.corner) for one in granules}
    for crs, x, y in corners:
        assert (crs, x + 100_000, y) in corners or x > min(c[1] for c in corners)
    assert {one.crs[:8] for one in granules} == (
        {"EPSG:326"} if region[1] > 0 else {"EPSG:326", "EPSG:327"}
    )


def test_granules_are_seen_every_fifth_morning():
    for granule in list(list_granules((2.0, 46.0, 13.0, 48.0)))[::5]:
        dates = granule.list_dates(CYCLE)
        assert all(later - earlier == timedelta(days=5) for earlier, later in pairwise(dates))
        assert all(abs(solar_hour(one, granule.outline.centroid.x) - 10.5) < 0.1 for one in dates)
        assert CYCLE.end - dates[-1] <= timedelta(days=5.5)


@pytest.mark.parametrize("region", [(170, 0, 178, 5), (0, 70, 5, 80), (0, 0, 0.5, 5), (5, 0, 0, 5)])
def test_what_cannot_be_simulated_is_refused(region):
    with pytest.raises(ConfigError, match="cannot be simulated"):
        check_region(region)
