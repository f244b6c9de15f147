"""Two items for one scene: the newest counts, and it is recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pystac
import pytest
import shapely

from smmap.catalog.candidate import read_candidate
from smmap.catalog.definitions import load_definition
from smmap.catalog.left_out import collect_left_out
from smmap.catalog.reprocessed import SAME_SCENE, drop_reprocessed
from smmap.catalog.selection import select_candidates

NOON = datetime(2023, 6, 3, 10, 0, 31, tzinfo=UTC)


def make(
    name, seconds=0.0, lon=5.0, updated=None, baseline=None, collection=None, cell=None, crs=None
):
    shape = shapely.box(lon, 50, lon + 1.5, 51)
    properties = {
        "platform": "Sentinel-2A",
        "updated": updated,
        "s2:processing_baseline": baseline,
        "grid:code": cell,
        "proj:epsg": crs,
    }
    known = {key: value for key, value in properties.items() if value is not None}
    moment = NOON + timedelta(seconds=seconds)
    item = pystac.Item(name, shapely.geometry.mapping(shape), list(shape.bounds), moment, known)
    item.collection_id = collection
    return read_candidate(item, item)


def keep(*scenes):
    """What stays, whatever the order; and why the others go."""
    answers = set()
    for order in permutations(scenes):
        with collect_left_out() as left_out:
            answers.add(frozenset(one.id for one in drop_reprocessed(order, SAME_SCENE)))
    assert len(answers) == 1
    return set(answers.pop()), left_out


def test_the_last_updated_stays_and_the_other_is_recorded():
    old, new = (
        make("a", updated="2023-06-04T00:00:00Z"),
        make("b", 0.4, updated="2023-07-01T00:00:00Z"),
    )
    stay, left_out = keep(old, new)
    assert stay == {"b"}
    assert left_out == ["a is an older processing of b"]


def test_the_higher_baseline_stays_whenever_its_item_was_touched():
    old = make("a", updated="2024-01-01T00:00:00Z", baseline="02.14")
    new = make("b", updated="2023-07-01T00:00:00Z", baseline="05.00")
    assert keep(old, new)[0] == {"b"}


def test_without_dates_the_later_name_stays():
    """A Planetary Computer item says when it was processed only at the end of its id."""
    names = [
        f"S2A_MSIL2A_20230603T100031_R122_T33TWN_{made}" for made in ("20230603T1", "20230901T1")
    ]
    assert keep(*(make(name) for name in names))[0] == {names[1]}


def test_three_versions_leave_one():
    scenes = [make(f"v{n}", n / 3, updated=f"2023-06-0{n + 4}T00:00:00Z") for n in range(3)]
    stay, left_out = keep(*scenes)
    assert stay == {"v2"}
    assert len(left_out) == 2


def test_neighbours_parts_and_other_days_stay():
    neighbour = make("b", lon=6.4)
    half = make("c", lon=5.5)  # the same tile, another datastrip: half of it is elsewhere
    tomorrow, next_row = make("d", 86_400), make("e", 31)
    assert keep(make("a"), neighbour, half, tomorrow)[0] == {"a", "b", "c", "d"}
    assert keep(make("a"), next_row)[0] == {"a", "e"}


def test_tiles_of_two_zones_are_two_scenes():
    """Beside the border of two UTM zones their tiles cover nearly the same ground at one time."""
    one, other = make("a", cell="MGRS-31UGT"), make("b", lon=5.1, cell="MGRS-32ULC")
    assert keep(one, other)[0] == {"a", "b"}
    again = make("c", lon=5.1, cell="MGRS-32ULC", updated="2023-07-01T00:00:00Z")
    assert keep(one, other, again)[0] == {"a", "c"}


def test_two_systems_are_two_tiles_whatever_the_ids():
    """Digital Earth Africa's ids are random, and name no tile."""
    one, other = make("ec16dbf6", crs=32631), make("0a7b33c1", 0.5, crs=32632)
    assert keep(one, other)[0] == {"ec16dbf6", "0a7b33c1"}
    again = make("f00dcafe", 0.5, crs=32631, updated="2024-01-01T00:00:00Z")
    assert keep(one, again)[0] == {"f00dcafe"}


@pytest.mark.parametrize(
    "name",
    [
        "20230415T101601_20230415T101750_T{}",
        "S2A_{}_20230415_0_L2A",
        "S2A_MSIL2A_20230415T101601_N0509_R065_T{}_20230415T142500",
    ],
)
def test_a_tile_may_be_told_by_the_id_alone(name):
    names = {name.format(cell) for cell in ("31UGT", "32ULC")}
    assert keep(*map(make, names))[0] == names


def test_polarisations_in_a_name_are_no_tile():
    names = [f"S1A_IW_GRDH_{kind}_20230603T100031_rtc" for kind in ("1SSV", "1SDV")]
    older, newer = make(names[0]), make(names[1], updated="2023-07-01T00:00:00Z")
    assert keep(older, newer)[0] == {names[1]}


def test_where_time_does_not_matter_collections_come_in_the_definitions_order():
    definition = load_definition("planetary-computer-alos-dem")
    scenes = [
        make("a", collection="nasadem"),
        make("z", -9e8, collection="nasadem"),
        make("m", collection="alos-dem"),
        make("b", 60, collection="alos-dem"),
    ]
    found = select_candidates(scenes, definition, (4, 49, 7, 52), None)
    assert [one.id for one in found] == ["b", "m", "a", "z"]
