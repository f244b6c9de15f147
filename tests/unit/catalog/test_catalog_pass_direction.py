"""Directions against the orbit: by the time of day, by how a slice leans, by the repeat track."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pystac
import pytest
import shapely
from catalog_items import DOCUMENT

from smmap.catalog.bands import find_obstacle
from smmap.catalog.candidate import read_candidate
from smmap.catalog.definitions import load_definition
from smmap.catalog.pass_direction import find_contradiction
from smmap.pipeline.inspection import inspect_item
from smmap.pipeline.scenes import resolve_scene
from smmap.spec.errors import SceneError

LOCAL = load_definition("local-sentinel-1")
BOX = shapely.box(4, 50, 7, 52)
# A slice of a descending pass: its right-hand corners lie further west in the south.
LEANING = shapely.Polygon([(7.0, 51.9), (3.3, 52.3), (2.9, 50.8), (6.5, 50.4)])


def judge(state, time, footprint=BOX, relative=None, platform="sentinel-1a"):
    start = datetime.fromisoformat(f"2023-04-01T{time}+00:00")
    return find_contradiction(platform, state, start, footprint, relative)


def mirror(shape):
    """As the other direction has it."""
    return shapely.transform(shape, lambda points: points * (-1, 1) + (10, 0))


@pytest.mark.parametrize("time, state", [("05:58:10", "descending"), ("17:25:10", "ascending")])
def test_the_sun_tells_the_direction(time, state):
    """Over Belgium Sentinel-1 goes south near 6 h UTC and north half an hour before 18 h."""
    other = {"descending": "ascending", "ascending": "descending"}[state]
    assert judge(state, time) is None
    assert judge(other, time).startswith(f"it says {other}, but at ")


def test_the_sun_is_that_of_the_place():
    """Over New Zealand 17:25 UTC is the morning, also past the antimeridian."""
    for west in (172, 178, -181):
        east = shapely.box(west, -42, west + 4, -40)
        assert judge("descending", "17:25:10", east) is None
        assert judge("ascending", "17:25:10", east) is not None


@pytest.mark.parametrize("time", ["06:00:00", "00:00:00", "11:58:10", "23:40:00"])
def test_times_that_say_nothing(time):
    """Nominal ones, and those at which no direction passes."""
    assert judge("ascending", time) is None
    assert judge("descending", time) is None


def test_a_slice_leans_as_it_was_flown():
    for shape, state in ((LEANING, "descending"), (mirror(LEANING), "ascending")):
        other = {"descending": "ascending", "ascending": "descending"}[state]
        assert judge(state, "00:00:00", shape) is None
        assert judge(other, "00:00:00", shape).endswith("leans as that of the other direction")


def test_cut_outlines_say_nothing():
    small = shapely.affinity.scale(LEANING, 0.2, 0.2)
    triangle = shapely.Polygon(LEANING.exterior.coords[:3])
    north = shapely.affinity.translate(LEANING, yoff=25)
    for shape in (small, triangle, BOX, north):
        assert judge("ascending", "00:00:00", shape) is None


def test_a_track_that_does_not_come_by():
    """Orbit 110 crosses Belgium southwards: it sees it on no way north, nor does orbit 20."""
    assert judge("descending", "00:00:00", relative=110) is None
    for state, orbit in (("ascending", 110), ("descending", 20)):
        assert f"no {state} pass of its relative orbit {orbit} sees 51.0 N 5.5 E" in judge(
            state, "00:00:00", relative=orbit
        )


def list_ground(incidence_deg):
    """Local solar time and latitude of what Sentinel-1 sees on a circular orbit, by direction.

    Inertial: the node lies at 18 h of mean solar time, the look is to the right of the velocity.
    """
    argument = np.radians(np.arange(0.0, 360.0, 0.5))
    cosine, sine = np.cos(np.radians(98.18)), np.sin(np.radians(98.18))
    cos_u, sin_u = np.cos(argument), np.sin(argument)
    there = np.stack([cos_u, sin_u * cosine, sin_u * sine], axis=1)
    ahead = np.stack([-sin_u, cos_u * cosine, cos_u * sine], axis=1)
    off = np.radians(incidence_deg)
    central = off - np.arcsin(6371.0 / 7075.0 * np.sin(off))
    seen = np.cos(central) * there + np.sin(central) * np.cross(ahead, there)
    hours = (18 + np.degrees(np.arctan2(seen[:, 1], seen[:, 0])) / 15) % 24
    state = np.where(cos_u > 0, "ascending", "descending")
    return zip(hours, np.degrees(np.arcsin(seen[:, 2])), state, strict=True)


@pytest.mark.parametrize("incidence_deg", [18.0, 46.0])
def test_no_pass_at_any_latitude_is_accused(incidence_deg):
    midnight = datetime(2023, 4, 1, tzinfo=UTC)
    for hours, latitude, state in list_ground(incidence_deg):
        spot = shapely.Point(0, latitude).buffer(0.01)  # at longitude 0 solar time is UTC
        start = midnight + timedelta(hours=float(hours), microseconds=7)
        assert find_contradiction("sentinel-1a", state, start, spot) is None


def test_what_is_not_judged():
    assert judge(None, "05:58:10") is None
    assert judge("ascending", "05:58:10", platform="alos-2") is None


def test_such_a_scene_is_left_out_and_says_why():
    document = copy.deepcopy(DOCUMENT)
    document["properties"]["sat:orbit_state"] = "ascending"
    item = pystac.Item.from_dict(document)
    reason = find_obstacle(read_candidate(item, item), LOCAL, ["vv"])
    assert reason == "it says ascending, but at 6.3 h local solar time Sentinel-1 is descending"
    with pytest.raises(SceneError, match=r"item S1A_x: it says ascending, .*; correct the item"):
        resolve_scene(item, LOCAL, ["vv"])


def test_who_looks_at_such_an_item_is_told(tmp_path):
    document = copy.deepcopy(DOCUMENT)
    path = tmp_path / "item.json"
    for state, told in (("descending", False), ("ascending", True)):
        document["properties"]["sat:orbit_state"] = state
        path.write_text(json.dumps(document))
        assert ("not usable" in inspect_item(str(path), LOCAL.id)) is told


def test_a_track_is_judged_where_the_angle_hangs_on_it():
    """With an angle of its own a scene's place on the track is known whatever its number."""
    document = copy.deepcopy(DOCUMENT)
    document["properties"]["sat:relative_orbit"] = 20
    with pytest.raises(SceneError, match="no descending pass of its relative orbit 20 sees"):
        resolve_scene(pystac.Item.from_dict(document), LOCAL, ["vv"])
    document["properties"]["view:incidence_angle"] = 38.0
    assert resolve_scene(pystac.Item.from_dict(document), LOCAL, ["vv"]).relative_orbit == 20
