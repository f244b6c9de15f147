"""`verify` finds what is wrong, `gc` removes what nobody needs, on a folder and on S3."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import xarray as xr
from s3_server import serve_s3
from small_world import VV, SmallWorld

import smmap
from smmap.archive.superseded import find_superseded, remove_superseded
from smmap.archive.verify import verify_output
from smmap.spec.errors import ArchiveError
from smmap.store.open import open_output_store


@pytest.fixture(scope="module")
def bucket():
    with serve_s3() as url:
        yield url


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def out(request, tmp_path):
    if request.param == "folder":
        return str(tmp_path / "out")
    return f"{request.getfixturevalue('bucket')}/{uuid.uuid4().hex}"


def make_world(folder, days=(0, 1)):
    world = SmallWorld(folder)
    for day in days:
        world.add_radar(f"S1A_{day}", days=day, orbit=10 + day, vv=VV * (1 + 0.1 * day))
    world.add_optical("S2_CLEAR", days=0.5)
    return world


def run(world, out, *changes):
    return smmap.run("local-stac", out, changes=[f"catalog={world.write()}", *changes])


def test_an_undisturbed_output_is_whole(out, tmp_path):
    run(make_world(tmp_path / "scenes"), out)
    assert verify_output(open_output_store(out)) == []


def test_no_output_at_all(tmp_path):
    with pytest.raises(ArchiveError, match="not an output"):
        verify_output(open_output_store(tmp_path))


@pytest.mark.parametrize(
    "pattern,message",
    [
        ("_sm.tif", "checksum differs"),
        ("_thumbnail.png", "checksum differs"),
        ("slice.zarr/sm/c/0/2/1", "differs from"),
        (".zarr/sm_quality/c/1/2/1", "differs from"),
    ],
)
def test_a_changed_byte_is_found(out, tmp_path, pattern, message):
    run(make_world(tmp_path / "scenes"), out)
    store = open_output_store(out)
    path = next(path for path in store.list_files("") if path.endswith(pattern))
    data = bytearray(store.read(path))
    data[len(data) // 2] ^= 255
    with store.open_staging() as staging:
        # In a folder a slice and its cube share the file: only the cube's copy is replaced.
        store.put(path, bytes(data), staging)
    problems = verify_output(store)
    assert problems
    assert message in problems[0]


@pytest.mark.parametrize("pattern", ["_sm.tif", "/zarr.json", "catalog.json", "_10m_v0.1.json"])
def test_a_missing_file_is_found(out, tmp_path, pattern):
    run(make_world(tmp_path / "scenes"), out)
    store = open_output_store(out)
    wanted = [path for path in store.list_files("soil-moisture") if path.endswith(pattern)]
    store.delete(min(wanted, key=len))
    assert verify_output(store)


def test_a_run_repairs_links_and_cubes(out, tmp_path):
    world = make_world(tmp_path / "scenes")
    run(world, out)
    store = open_output_store(out)
    before = smmap.open(out).load()
    for path in store.list_files("soil-moisture"):
        if path.endswith(("collection.json", "catalog.json")):
            store.delete(path)
    store.delete_folder("cubes")
    assert verify_output(store)
    assert run(world, out).kept == 2
    assert verify_output(store) == []
    xr.testing.assert_identical(smmap.open(out).load(), before)


def test_superseded_generations_live_a_day(out, tmp_path):
    run(make_world(tmp_path / "early", (0, 2)), out)
    run(make_world(tmp_path / "late", (0, 1, 2)), out)
    store = open_output_store(out)
    (old,) = find_superseded(store)
    assert old.startswith("cubes/utm-10m/31N_6_55/2023/")
    now = datetime(2030, 1, 1, tzinfo=UTC)
    with store.open_staging() as staging:
        assert remove_superseded(store, staging, now=now) == ([], [old])
        later = now + timedelta(hours=23)
        assert remove_superseded(store, staging, now=later) == ([], [old])
        assert store.list_files(old)
        later = now + timedelta(hours=24)
        assert remove_superseded(store, staging, now=later) == ([old], [])
    assert not store.list_files(old)
    assert verify_output(store) == []
    assert smmap.open(out).sizes["time"] == 3


def test_older_files_of_an_item_are_superseded(out, tmp_path):
    world = make_world(tmp_path / "scenes", (0,))
    run(world, out)
    run(world, out, "optical.stale_days=1")
    store = open_output_store(out)
    found = sorted(find_superseded(store))
    assert [path.split("/")[0] for path in found] == ["cubes", "soil-moisture"]
    with store.open_staging() as staging:
        removed, _ = remove_superseded(store, staging, age=timedelta(0))
    assert sorted(removed) == found
    assert verify_output(store) == []
    record = json.loads(store.read("report/run.json"))
    assert len(record["units"]) == 1
