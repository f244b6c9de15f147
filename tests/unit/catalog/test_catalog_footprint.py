"""Footprints and times, however an item writes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pystac
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from smmap.catalog.footprint import compute_footprint, compute_time
from smmap.grid.boxes import merge_boxes
from smmap.spec.errors import SceneError

NOON = datetime(2023, 4, 1, 12, tzinfo=UTC)


def make_item(geometry=None, bbox=None, **properties):
    item = pystac.Item("x", None, bbox, NOON, properties)
    item.geometry = None if geometry is None else shapely.geometry.mapping(geometry)
    return item


def ring(*points):
    return shapely.Polygon(points)


def test_a_plain_footprint_stays_as_it_is():
    box = shapely.box(5, 51, 6, 52)
    assert compute_footprint(make_item(box)).equals(box)


@pytest.mark.parametrize(
    "geometry",
    [
        shapely.box(178, -18, 182, -17),  # runs on past 180
        shapely.box(-182, -18, -178, -17),  # runs on past -180
        ring((178, -18), (-178, -18), (-178, -17), (178, -17)),  # jumps
        ring((178, -18), (180, -18), (-180, -18), (-178, -18), (-178, -17), (178, -17)),
        shapely.MultiPolygon([shapely.box(178, -18, 180, -17), shapely.box(-180, -18, -178, -17)]),
    ],
)
def test_a_footprint_over_the_antimeridian_has_a_part_on_each_side(geometry):
    sides = [shapely.box(178, -18, 180, -17), shapely.box(-180, -18, -178, -17)]
    assert compute_footprint(make_item(geometry)).equals(shapely.MultiPolygon(sides))


def test_a_footprint_around_the_globe_stays_so():
    assert compute_footprint(make_item(shapely.box(-180, -90, 180, 90))).area == 360 * 180


def test_half_a_pixel_past_the_antimeridian_comes_out_on_the_other_side():
    # as the westernmost tiles of Copernicus DEM lie
    shape = compute_footprint(make_item(shapely.box(-180.0002, 52, -179.0002, 53)))
    assert shape.bounds == pytest.approx((-180, 52, 180, 53))
    assert shape.area == pytest.approx(1.0)


@given(st.floats(-180, 180), st.floats(0.1, 90))
def test_area_survives_wrapping(west, width):
    shape = compute_footprint(make_item(shapely.box(west, 10, west + width, 20)))
    assert shape.area == pytest.approx(10 * width)
    assert shape.bounds[0] >= -180
    assert shape.bounds[2] <= 180


@pytest.mark.parametrize(
    "crs",
    [
        {"proj:code": "EPSG:32631"},
        {"proj:epsg": 32631},
        {"proj:epsg": 32631.0},
        {"proj:epsg": "32631"},
        {"proj:code": 32631},
        {"proj:code": "EPSG:32631", "proj:epsg": 32632},  # what is outdated does not count
    ],
)
def test_metres_are_brought_back_to_degrees(crs):
    # Zone 31 by hand: the meridian 3 E is x = 500 km; a degree of it is 111.13 km and 45 N lies
    # 4984.944 km from the equator (WGS 84), times 0.9996; a degree along 46.05 N is 77.39 km.
    shape = compute_footprint(make_item(shapely.box(499990, 5e6, 500010, 5.1e6), **crs))
    west, south, east, north = shape.bounds
    assert west == pytest.approx(3 - 10 / 0.9996 / 77_390, abs=1e-7)
    assert (south, north) == pytest.approx((45.1535, 46.0536), abs=0.0005)
    assert east > 3


def test_metres_without_crs_are_refused():
    with pytest.raises(SceneError, match=r"x: .*proj:code"):
        compute_footprint(make_item(shapely.box(499990, 5e6, 500010, 5.1e6)))


@pytest.mark.parametrize("tail", [[], [0.0, 0.0, 1.0]])
def test_without_geometry_the_pixel_grid_counts(tail):
    grid = {"proj:transform": [0.1, 0.0, 5.0, 0.0, -0.05, 52.0, *tail], "proj:shape": [20, 10]}
    shape = compute_footprint(make_item(**grid, **{"proj:code": "EPSG:4326"}))
    assert shape.bounds == pytest.approx((5.0, 51.0, 6.0, 52.0))


def test_without_geometry_the_grid_of_an_asset_counts_too():
    item = make_item(**{"proj:epsg": 32601})
    fields = {"proj:transform": [10, 0, 300000, 0, -10, 7500000], "proj:shape": [10980, 10980]}
    item.add_asset("red", pystac.Asset("/red.tif", extra_fields=fields))
    shape = compute_footprint(item)  # 200 km west of 177 W at 67 N: past 180
    assert shape.geom_type == "MultiPolygon"
    assert shape.bounds == pytest.approx((-180, 66.6, 180, 67.6), abs=0.05)


def test_without_anything_else_the_box_counts():
    assert compute_footprint(make_item(bbox=[5, 51, 6, 52])).bounds == (5, 51, 6, 52)
    assert compute_footprint(make_item(bbox=[5, 51, 0, 6, 52, 100])).bounds == (5, 51, 6, 52)
    with pytest.raises(SceneError, match="no geometry"):
        compute_footprint(make_item())


def test_time_is_the_middle_of_start_and_end():
    item = make_item(
        start_datetime="2019-12-15 00:42:49.317344+00:00",
        end_datetime="2019-12-15T01:43:14.315968Z",
    )
    start, middle, end = compute_time(item)
    assert start == datetime(2019, 12, 15, 0, 42, 49, 317344, UTC)
    assert end == datetime(2019, 12, 15, 1, 43, 14, 315968, UTC)
    assert middle - start == end - middle
    assert middle.tzinfo is UTC


def test_time_with_another_zone_becomes_utc():
    item = make_item(start_datetime="2023-04-01T01:00:00+02:00", end_datetime="2023-04-01T02:00")
    assert compute_time(item)[0] == datetime(2023, 3, 31, 23, tzinfo=UTC)
    assert compute_time(item)[2] == datetime(2023, 4, 1, 2, tzinfo=UTC)


def test_time_of_a_single_instant():
    assert compute_time(make_item()) == (NOON, NOON, NOON)


def test_times_that_cannot_be():
    backwards = make_item(start_datetime="2023-04-02", end_datetime="2023-04-01")
    with pytest.raises(SceneError, match="before it starts"):
        compute_time(backwards)
    with pytest.raises(SceneError, match="'start_datetime' is no time"):
        compute_time(make_item(start_datetime="soon", end_datetime="2023-04-01"))


@pytest.mark.parametrize(
    "boxes, expected",
    [
        ([(5, 1, 6, 2)], (5, 1, 6, 2)),
        ([(5, 1, 6, 2), (8, 0, 9, 1)], (5, 0, 9, 2)),
        ([(-5, 1, -4, 2), (8, 0, 9, 1)], (-5, 0, 9, 2)),
        ([(178, 1, 180, 2), (-180, 1, -178, 2)], (178, 1, -178, 2)),
        ([(178, 1, -178, 2), (170, 1, 172, 2)], (170, 1, -178, 2)),
        ([(-180, -90, 180, 90), (3, 4, 5, 6)], (-180, -90, 180, 90)),
        ([(-180, 0, 0, 1), (0, 0, 180, 1)], (-180, 0, 180, 1)),
        ([(0, 0, 350, 1), (2, 0, 3, 1)], (0, 0, 350, 1)),
    ],
)
def test_merged_box_leaves_out_the_widest_gap(boxes, expected):
    assert merge_boxes(boxes) == expected


@given(
    st.lists(st.tuples(st.integers(-180, 179), st.integers(0, 60)), min_size=1, max_size=6),
    st.data(),
)
def test_merged_box_holds_every_box_in_any_order(spans, data):
    def wrap(x):
        return (x + 180) % 360 - 180

    boxes = [(w, 0, wrap(w + width), 1) for w, width in spans]
    west, _, east, _ = merge_boxes(boxes)
    shuffled = merge_boxes(data.draw(st.permutations(boxes)))
    assert (shuffled[2] - shuffled[0]) % 360 == (east - west) % 360
    whole = (west, east) == (-180.0, 180.0)
    for w, width in spans:
        assert whole or (w - west) % 360 + width <= (east - west) % 360
