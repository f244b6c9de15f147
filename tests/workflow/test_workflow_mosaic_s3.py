"""Mosaics from and to object stores: the same bytes, the same promises as in folders."""

from __future__ import annotations

import json
import pickle
import posixpath
import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pystac
import pytest
import xarray as xr
from forked import start_forked, wait
from killed import choose_counts, kill_at
from s3_server import serve_s3
from small_output import SmallOutput, copy_output, digest_daily

import smmap
from smmap.archive.status import describe_output
from smmap.archive.verify import verify_output
from smmap.grid.utm import UtmGrid
from smmap.mosaic.plan import Asked, plan_mosaic
from smmap.mosaic.reader import MapReader
from smmap.mosaic.run import make_mosaic, run_mosaic
from smmap.mosaic.source import list_maps
from smmap.product.layers import SM
from smmap.product.layout import LAYOUT
from smmap.spec.errors import TransientError
from smmap.spec.tile import Block
from smmap.store.folder import FolderOutput
from smmap.store.objects import ObjectOutput
from smmap.store.open import open_output_store

DAWN = datetime(2023, 12, 30, 5, 40, tzinfo=UTC)
TILE = UtmGrid("utm-100m", 100).get_tile(31, "N", 6, 55)
CORNER = Block(TILE.geobox, 0, 0, 256, 256)
ASKED = Asked(grid="utm-100m", rule="mean")


@pytest.fixture(scope="module")
def bucket():
    with serve_s3() as url:
        yield url


def make_maps(root, **options):
    """Three days, on both sides of a new year; one of them empty."""
    output = SmallOutput(root)
    for day in range(4):
        if day != 1:
            field = {"field": lambda lon, lat: lon * np.nan, "quality": 128} if day == 2 else {}
            moment = DAWN + timedelta(days=day)
            output.put(TILE, moment, orbit=f"S1A_O{day:06d}", area=CORNER, **field, **options)
    output.publish(TILE)
    return output.root


@pytest.fixture(scope="module")
def maps(tmp_path_factory):
    """Overpass maps in a folder."""
    return make_maps(tmp_path_factory.mktemp("maps") / "out")


@pytest.fixture(scope="module")
def local(maps, tmp_path_factory):
    """Their mosaic in another folder."""
    out = tmp_path_factory.mktemp("local") / "daily"
    make_mosaic(maps, ASKED, out)
    return FolderOutput(out)


@pytest.fixture(scope="module")
def remote(maps, bucket):
    """The overpass maps in a bucket."""
    store = open_output_store(f"{bucket}/maps")
    copy_output(maps, store)
    return store


@pytest.fixture
def out(bucket):
    """An empty place in the bucket."""
    return f"{bucket}/{uuid.uuid4().hex}"


def list_sources(store):
    """Links to the overpasses in the item of the first day, and the item's path."""
    (path,) = [one for one in store.list_files("") if one.endswith("_20231230_mean_100m_v0.1.json")]
    links = json.loads(store.read(path))["links"]
    return [(one["title"], one["href"]) for one in links if one["rel"] == "derived_from"], path


def start(source, out):
    return start_forked(make_mosaic, str(source), ASKED, str(out))


def test_from_a_folder_to_a_bucket(maps, local, out):
    result = make_mosaic(maps, ASKED, out)
    assert [one.status for one in result.receipts] == ["done", "empty", "done"]
    store = open_output_store(out)
    assert digest_daily(store) == digest_daily(local)
    assert verify_output(store) == verify_output(local) == []
    assert make_mosaic(maps, ASKED, out).kept == 3
    ((title, href),), _ = list_sources(store)
    assert pystac.Item.from_file(href).id == title
    assert not [path for path in store.list_files("") if "staging" in path]


@pytest.mark.slow
def test_from_a_bucket_to_itself_and_elsewhere(remote, local, out, tmp_path):
    expected = digest_daily(local)
    make_mosaic(remote.address, ASKED)
    assert digest_daily(remote) == expected
    assert verify_output(remote) == []
    ((title, href),), path = list_sources(remote)
    place = posixpath.normpath(posixpath.join(posixpath.dirname(path), href))
    assert json.loads(remote.read(place))["id"] == title
    for elsewhere in (out, tmp_path / "daily"):
        make_mosaic(remote.address, ASKED, elsewhere)
        store = open_output_store(elsewhere)
        assert digest_daily(store) == expected
        assert verify_output(store) == []
        ((_, href),), _ = list_sources(store)
        assert href == f"{remote.address}/{place}"
    assert describe_output(remote)["mosaics"] == describe_output(local)["mosaics"]


def test_opened_alike(local, remote):
    make_mosaic(remote, ASKED)
    found = smmap.open(remote.address, level="daily")
    xr.testing.assert_identical(found.load(), smmap.open(local.root, level="daily").load())
    assert [str(day)[:10] for day in found.time.values] == ["2023-12-30", "2024-01-02"]
    assert found.sizes["y"] == found.sizes["x"] == 256
    assert float(found.sm.isel(time=0).mean()) == pytest.approx(
        float(smmap.open(remote.address).sm.isel(time=0).mean()), abs=1e-6
    )


def test_cogs_alone_are_read_from_a_bucket(maps, bucket, tmp_path):
    """The same day from COGs on a disk, from COGs in a bucket, and from slices."""
    root = make_maps(tmp_path / "cogs", cog=True)
    store = open_output_store(f"{bucket}/cogs")
    copy_output(root, store)
    window = Block(TILE.geobox, 100, 50, 120, 230)
    read = [MapReader(list_maps(one)[0]).load(window) for one in (store, FolderOutput(root))]
    read.append(MapReader(list_maps(FolderOutput(maps))[0]).load(window))
    for layer, values in read[0].items():
        assert (values != layer.fill).any()
        for others in read[1:]:
            np.testing.assert_array_equal(values, others[layer])
    made = [make_mosaic(one, ASKED, tmp_path / str(n)) for n, one in enumerate((store, root))]
    assert [one.receipts for one in made[:1]] == [one.receipts for one in made[1:]]
    assert digest_daily(FolderOutput(tmp_path / "0")) == digest_daily(FolderOutput(tmp_path / "1"))


def test_a_passing_fault_is_tried_again(bucket, tmp_path):
    """The first address of a COG does not answer, the next one does."""
    store = ObjectOutput(f"{bucket}/shaky")
    copy_output(make_maps(tmp_path / "cogs", cog=True), store)

    class Shaky(ObjectOutput):
        asked = 0

        def locate(self, path):
            self.asked += 1
            return "http://127.0.0.1:9/none.tif" if self.asked == 1 else super().locate(path)

    window = Block(TILE.geobox, 0, 0, 64, 64)
    shaky = Shaky(store.address)
    found = [MapReader(list_maps(one)[0]).load(window)[SM] for one in (shaky, store)]
    np.testing.assert_array_equal(found[0], found[1])
    assert shaky.asked == 4  # three layers, and one of them twice


def test_two_drivers_cannot_both_commit(remote, local, out):
    rivals = [start(remote.address, out) for _ in range(2)]
    assert [wait(one) for one in rivals] == [0, 0]
    store = open_output_store(out)
    assert digest_daily(store).items() >= digest_daily(local).items()
    assert verify_output(store) == []
    assert make_mosaic(remote, ASKED, out).kept == 3


@pytest.mark.parametrize("place", ["folder", "s3"])
def test_a_day_never_shrinks_between_two_drivers(maps, out, tmp_path, place):
    """Both plan; the one with the larger area is first; the other must not take its place."""
    target = out if place == "s3" else tmp_path / "daily"
    part = Asked(grid="utm-100m", rule="mean", bbox=(4.75, 51.6, 4.85, 51.7))
    small, large = plan_mosaic(maps, part, target), plan_mosaic(maps, ASKED, target)
    assert small.days[0].unit.area != large.days[0].unit.area
    run_mosaic(large)
    before = digest_daily(open_output_store(target))
    with pytest.raises(TransientError, match="another run has merged more of this day"):
        run_mosaic(small)
    assert digest_daily(open_output_store(target)).items() >= before.items()
    assert make_mosaic(maps, part, target).kept == 3


@pytest.mark.slow
def test_killed_and_rerun(remote, local, out):
    store = open_output_store(out)
    killed = [
        kill_at(start(remote.address, out), wanted, lambda: len(store.list_files("")))
        for wanted in choose_counts(len(local.list_files("")), 2, seed=1)
    ]
    assert any(killed)
    assert wait(start(remote.address, out)) == 0
    assert digest_daily(store).items() >= digest_daily(local).items()
    assert verify_output(store) == []


@pytest.mark.parametrize(
    "damage, cog",
    [
        ("cut", False),
        ("gone", True),
        pytest.param("cut", True, marks=pytest.mark.slow),
        pytest.param("gone", False, marks=pytest.mark.slow),
    ],
)
def test_a_damaged_map_costs_its_day_alone(bucket, tmp_path, cog, damage):
    root = make_maps(tmp_path / "maps", cog=cog)
    store = open_output_store(f"{bucket}/{uuid.uuid4().hex}")
    copy_output(root, store)
    files = [path for path in store.list_files("soil-moisture") if "_O000000_" in path]
    wanted = ("/sm.tif",) if cog else ("slice.zarr/zarr.json", "slice.zarr/sm/zarr.json")
    if damage == "cut" and not cog:
        wanted = ("slice.zarr/sm/c/0/0/0",)
    with store.open_staging() as staging:
        for path in [one for one in files if one.endswith(wanted)]:
            store.delete(path)
            if damage == "cut":
                original = FolderOutput(root).read(path)
                store.put(path, original[: len(original) * 2 // 3], staging)
    result = make_mosaic(store, ASKED)
    (failed,) = [one for one in result.receipts if one.status == "failed"]
    assert re.search(r"s3://maps/.*S1A_O000000.* cannot be read", failed.reason)
    assert (result.count("done"), result.count("empty")) == (1, 1)
    assert store.read(LAYOUT.failed(failed.unit)) is not None
    assert not [path for path in digest_daily(store) if failed.unit in path]
    with store.open_staging() as staging:
        for path in files:
            store.put(path, FolderOutput(root).read(path), staging)
    again = make_mosaic(store, ASKED)
    assert (again.count("done"), again.kept) == (1, 2)
    assert store.read(LAYOUT.failed(failed.unit)) is None
    assert verify_output(store) == []


def test_plans_travel_between_processes(remote, local):
    """What a worker needs is sent as addresses and plain data: nothing in it is open."""
    plan = plan_mosaic(remote, ASKED, local)
    assert [day.state for day in plan.days] == ["done"] * 3
    sent = pickle.loads(pickle.dumps(plan))
    window = Block(TILE.geobox, 0, 0, 64, 64)
    for ours, theirs in zip(plan.days, sent.days, strict=True):
        assert theirs.unit == ours.unit
        values = [MapReader(day.maps[0]).load(window) for day in (ours, theirs)]
        np.testing.assert_array_equal(values[0][SM], values[1][SM])
    assert sent.out.address == str(Path(local.root))
