"""Overpasses follow Sentinel-1's repeat cycle."""

from datetime import timedelta
from itertools import pairwise

import numpy as np

from smmap.simulate.orbits import FAR_EDGE_DEG, START, TRACKS, list_optical_dates, list_passes
from smmap.simulate.swath import compute_view, cut_slices, fray_swath


def test_orbits_repeat_after_twelve_days():
    passes = list_passes(48)
    for track in TRACKS:
        own = [one for one in passes if one.track is track]
        assert len(own) == 4
        for earlier, later in pairwise(own):
            assert later.datetime - earlier.datetime == timedelta(days=12)
            assert later.absolute_orbit - earlier.absolute_orbit == 175


def test_relative_orbits_follow_from_absolute_ones():
    # Sentinel-1A: relative = (absolute - 73) mod 175 + 1 (Sentinel-1 Product Specification).
    for one in list_passes(24):
        assert (one.absolute_orbit - 73) % 175 + 1 == one.track.relative_orbit


def test_times_between_orbits_are_whole_revolutions():
    # 175 revolutions in 12 days; the other half of a revolution lies between up and down.
    first = list_passes(12)[0]
    for one in list_passes(12)[1:]:
        turns = (one.datetime - first.datetime) / timedelta(days=12) * 175
        whole = one.absolute_orbit - first.absolute_orbit
        # Descending passes come about 128 degrees of the orbit before the next ascending one.
        assert abs(turns - whole) < 0.4
        same_way = one.track.orbit_state == first.track.orbit_state
        assert not same_way or abs(turns - whole) < 0.1


def test_ascending_in_the_evening_descending_in_the_morning():
    hours = {track.orbit_state: set() for track in TRACKS}
    for track in TRACKS:
        hours[track.orbit_state].add(track.first.hour)
    assert hours == {"ascending": {17}, "descending": {5}}


def test_optical_dates_are_two_or_three_days_apart():
    dates = list_optical_dates(30)
    assert dates[0] - START < timedelta(days=2)
    gaps = {later - earlier for earlier, later in pairwise(dates)}
    assert gaps == {timedelta(days=2), timedelta(days=3)}


def test_ascending_looks_east_and_descending_west(area):
    for track in TRACKS:
        view = compute_view(area, track)
        # The track leans by about 13 degrees at this latitude.
        assert (view.look_east > 0.9) == (track.orbit_state == "ascending")
        assert abs(view.look_east) > 0.9
        assert np.isclose(np.hypot(view.look_east, view.look_north), 1)


def test_angle_holds_at_its_anchor_and_varies(area):
    for track in TRACKS:
        angle = compute_view(area, track).incidence_deg
        size = angle.shape[0] - 1
        row, column = round(size * track.anchor[1]), round(size * track.anchor[0])
        assert np.isclose(angle[row, column], track.incidence_deg, atol=1e-3)
        # A swath of 250 km spans about 16 degrees.
        width_km = angle.shape[1] / 100
        assert 0.03 * width_km < np.ptp(angle[row]) < 0.12 * width_km


def test_slices_cover_the_area_and_overlap_little(area):
    track = next(one for one in TRACKS if one.slices == 2)
    first, second = cut_slices(compute_view(area, track), track)
    assert np.all(first | second)
    overlap = (first & second).sum() / area.block.width
    assert 1 < overlap < 5
    # Descending: the first slice is the northern one.
    assert first[0].all()
    assert second[-1].all()


def test_far_edge_is_slanted_and_frayed(area):
    track = next(one for one in TRACKS if one.incidence_deg == FAR_EDGE_DEG)
    view = compute_view(area, track)
    inside, noisy = fray_swath(view, np.random.default_rng(0))
    assert view.incidence_deg[inside].max() <= FAR_EDGE_DEG
    assert 0.5 < inside.mean() < 0.7
    assert np.all(inside[noisy])
    ends = inside.sum(axis=1)
    assert ends[-1] != ends[0]
    assert len(set(np.diff(ends))) > 2
    # Noise reaches no further than the three pixels (in range) that it may.
    assert noisy.sum(axis=1).max() <= 4
