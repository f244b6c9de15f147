"""`verify`, `gc`, `status` and `open` of the daily level, on a folder and on S3."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta

import command_line
import numpy as np
import pytest
from s3_server import serve_s3
from small_output import SmallOutput, copy_output

import smmap
from smmap.archive.status import describe_output
from smmap.archive.superseded import find_superseded, remove_superseded
from smmap.archive.verify import verify_output
from smmap.grid.utm import UtmGrid
from smmap.mosaic.plan import Asked
from smmap.mosaic.run import make_mosaic
from smmap.product.daily_layout import get_daily_collection
from smmap.product.layout import LAYOUT
from smmap.spec.errors import ArchiveError, ConfigError
from smmap.spec.tile import Block
from smmap.store.folder import FolderOutput
from smmap.store.open import open_output_store

DAWN = datetime(2023, 12, 31, 5, 40, tzinfo=UTC)
TILE = UtmGrid("utm-100m", 100).get_tile(31, "N", 6, 55)
CORNER = Block(TILE.geobox, 0, 0, 256, 256)
SERIES = "utm-100m/31N/mean"
ASKED = Asked(grid="utm-100m", rule="mean")


@pytest.fixture(scope="module")
def bucket():
    with serve_s3() as url:
        yield url


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Overpass maps of two days, in two years, and their mosaic beside them."""
    output = SmallOutput(tmp_path_factory.mktemp("made") / "out")
    for day in range(2):
        output.put(TILE, DAWN + timedelta(days=day), orbit=f"S1A_O{day:06d}", area=CORNER)
    output.publish(TILE)
    make_mosaic(output.root, ASKED)
    return output.root


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def store(request, made, tmp_path):
    """A copy of it."""
    if request.param == "folder":
        place = str(tmp_path / "out")
    else:
        place = f"{request.getfixturevalue('bucket')}/{uuid.uuid4().hex}"
    there = open_output_store(place)
    copy_output(made, there)
    return there


@pytest.fixture
def local(made, tmp_path):
    """A copy of it in a folder."""
    there = open_output_store(tmp_path / "out")
    copy_output(made, there)
    return there


def find(store, ending, below="soil-moisture-daily"):
    return next(path for path in store.list_files(below) if path.endswith(ending))


def test_an_undisturbed_output_is_whole(store):
    assert verify_output(store) == []
    assert list(find_superseded(store)) == []


@pytest.mark.parametrize(
    "below,ending,message",
    [
        ("soil-moisture-daily", "_sm.tif", "checksum differs"),
        ("soil-moisture-daily", "_thumbnail.png", "checksum differs"),
        ("soil-moisture-daily", "_time_offset.tif", "checksum differs"),
        ("soil-moisture-daily", "slice.zarr/n_obs/c/0/18/2", "differs from"),
        ("cubes-daily", "sm_quality/c/0/18/2", "differs from"),
        ("cubes-daily", ".zarr/time/c/0", "times are not those"),
    ],
)
def test_a_changed_byte_is_found(local, below, ending, message):
    path = find(local, ending, below)
    data = bytearray(local.read(path))
    data[len(data) // 2] ^= 255
    with local.open_staging() as staging:
        # A copy of a folder shares no file between slices and cubes.
        local.put(path, bytes(data), staging)
    (problem,) = verify_output(local)
    assert message in problem
    assert path.rpartition("/time/")[0] in problem


@pytest.mark.parametrize(
    "below,ending",
    [
        ("soil-moisture-daily", "2023/catalog.json"),
        ("soil-moisture-daily", "mean/collection.json"),
        ("soil-moisture-daily", "_20231231_mean_100m_v0.1.json"),
        ("soil-moisture-daily", "slice.zarr/zarr.json"),
        ("soil-moisture-daily", "_sm.tif"),
        ("cubes-daily", ".zarr/zarr.json"),
        ("cubes-daily", ".zarr/time/c/0"),
    ],
)
def test_a_missing_file_is_found(local, below, ending):
    local.delete(find(local, ending, below))
    assert verify_output(local)


def test_a_missing_or_strange_shard_of_a_cube_is_found(local):
    path = next(one for one in local.list_files("cubes-daily") if "/sm/c/" in one)
    with local.open_staging() as staging:
        local.put(f"{path}9", local.read(path), staging)
    assert verify_output(local) == [f"{path}9: belongs to no item"]
    local.delete(f"{path}9")
    local.delete(path)
    assert [problem.partition(" of ")[0] for problem in verify_output(local)] == [
        f"{path}: the shard"
    ]


def test_an_item_that_is_none_is_said_among_the_rest(local):
    path = find(local, "_20231231_mean_100m_v0.1.json")
    with local.open_staging() as staging:
        local.put(path, b"{}", staging)
    local.delete(find(local, "_time_offset.tif"))
    assert any("is not an item of this product" in problem for problem in verify_output(local))


def test_a_day_without_its_overpass_is_said(local):
    path = next(
        one
        for one in local.list_files("soil-moisture")
        if "S1A_O000001" in one and one.endswith("_v0.1.json")
    )
    local.delete(path)
    day = find(local, "_20240101_mean_100m_v0.1.json")
    assert f"{path}: {day} was made from it, and it is not there" in verify_output(local)


def test_a_run_repairs_links_and_cubes(store):
    before = smmap.open(store, level="daily").load()
    for path in store.list_files("soil-moisture-daily"):
        if path.endswith(("collection.json", "catalog.json")):
            store.delete(path)
    store.delete_folder("cubes-daily")
    assert verify_output(store)
    assert make_mosaic(store, ASKED).kept == 2
    assert verify_output(store) == []
    assert smmap.open(store, level="daily").load().identical(before)


def test_a_cube_of_fewer_days_is_said_and_repaired(local):
    """As a run leaves it that is killed when its last day is committed."""
    output = SmallOutput(local.root)
    output.put(TILE, DAWN + timedelta(days=3), orbit="S1A_O000003", area=CORNER)
    output.publish(TILE)
    before = local.read(get_daily_collection(SERIES))
    make_mosaic(local, ASKED)
    assert verify_output(local) == []
    with local.open_staging() as staging:
        local.put(get_daily_collection(SERIES), before, staging)
    (problem,) = verify_output(local)
    assert "joined from other items than there are; any run repairs it" in problem
    assert make_mosaic(local, ASKED).kept == 3
    assert verify_output(local) == []
    days = smmap.open(local, level="daily")
    counts = days.n_obs.isnull().all(["y", "x"]).values.tolist()
    assert counts == [False, False, True, False]


def test_what_nobody_points_to_lives_a_day(made, store, tmp_path):
    """Another map of a day: its old files and cube; and a killed writer's files, at both levels."""
    part = Asked(grid="utm-100m", rule="mean", bbox=(4.75, 51.6, 4.85, 51.7))
    grown = open_output_store(f"{store.address}-grown")
    make_mosaic(store, part, grown)
    make_mosaic(store, ASKED, grown)
    assert verify_output(grown) == []
    old = sorted(find_superseded(grown))
    assert [path.split("/")[0] for path in old] == ["cubes-daily"] * 2 + ["soil-moisture-daily"] * 2

    orphans = []
    for level, ending in (
        ("soil-moisture", "_v0.1.json"),
        ("soil-moisture-daily", "_20231231_mean_100m_v0.1.json"),
    ):
        item = find(store, ending, level)
        store.delete(item)
        folder = item.rpartition("/")[0]
        orphans += [f"{folder}/{name}" for name in store.list_folders(folder)]
    assert sorted(find_superseded(store)) == sorted(orphans)
    assert len(orphans) == 2

    now = datetime(2030, 1, 1, tzinfo=UTC)
    for one, left in ((grown, old), (store, sorted(orphans))):
        with one.open_staging() as staging:
            assert remove_superseded(one, staging, now=now) == ([], left)
            later = now + timedelta(hours=23)
            assert remove_superseded(one, staging, now=later) == ([], left)
            assert all(one.list_files(path) for path in left)
            later = now + timedelta(hours=24)
            assert remove_superseded(one, staging, now=later) == (left, [])
        assert not any(one.list_files(path) for path in left)
    assert verify_output(grown) == []
    assert smmap.open(grown, level="daily").sizes["time"] == 2


def test_files_whose_item_comes_after_all_stay(local):
    """A run comes back to a killed one's files just when they are due."""
    item = find(local, "_20231231_mean_100m_v0.1.json")
    document = local.read(item)
    local.delete(item)
    now = datetime(2030, 1, 1, tzinfo=UTC)

    class Rival(FolderOutput):
        def swap(self, path, expected, data, staging):
            won = super().swap(path, expected, data, staging)
            if path == LAYOUT.superseded:
                self.put(item, document, staging)
            return won

    with local.open_staging() as staging:
        (left,) = remove_superseded(local, staging, now=now)[1]
        rival = Rival(local.root)
        later = now + timedelta(days=2)
        assert remove_superseded(rival, staging, now=later) == ([], [])
    assert local.list_files(left)
    assert verify_output(local) == []


def test_status_tells_of_mosaics(store):
    found = describe_output(store)
    assert [row["tile"] for row in found["tiles"]] == ["utm-100m/31N_6_55"]
    # 31N is 8 tiles wide and 92 high, each of 102.4 km.
    assert found["mosaics"] == [
        {
            "mosaic": SERIES,
            "canvas": "8192 x 94208, EPSG:32631",
            "done": 2,
            "empty": 0,
            "first": "2023-12-31",
            "last": "2024-01-01",
            "cubes": "2023, 2024",
        }
    ]


def test_days_are_opened(store):
    make_mosaic(store, Asked(grid="ease2-1km", rule="nearest"))
    both = smmap.open(store, level="daily")
    assert set(both) == {"ease2-1km", "utm-100m"}
    days = smmap.open(store, "mean", level="daily")
    assert days.sm.dims == ("time", "y", "x")
    assert [str(day)[:10] for day in days.time.values] == ["2023-12-31", "2024-01-01"]
    assert days.sizes["y"] == days.sizes["x"] == 256
    overpasses = smmap.open(store)
    for name in ("sm", "sm_quality"):
        np.testing.assert_array_equal(days[name].values, overpasses[name].values)
    assert (days.time_offset.values == 340).all()  # 05:40
    assert (days.n_obs.values == 1).all()
    with pytest.raises(ArchiveError, match="no mosaic 'median'; it has ease2-1km/globe/nearest"):
        smmap.open(store, "median", level="daily")
    with pytest.raises(ConfigError, match="overpass, daily"):
        smmap.open(store, level="hourly")


def test_an_output_of_days_alone_says_so(made, tmp_path):
    make_mosaic(made, ASKED, tmp_path / "daily")
    with pytest.raises(ArchiveError, match="try level='daily'"):
        smmap.open(tmp_path / "daily")


def test_the_verbs_see_both_levels(local):
    shown = command_line.smmap("status", local.address).stdout
    assert "utm-100m/31N_6_55" in shown
    assert SERIES in shown
    assert command_line.smmap("verify", local.address).returncode == 0
    path = find(local, "_sm.tif")
    local.delete(path)
    broken = command_line.smmap("verify", local.address, "--json")
    assert broken.returncode == 6
    assert path in json.loads(broken.stdout)["problems"][0]
