"""Whatever fails, fills up, is refused or is stopped: a plain rerun ends with the same bytes.

Single kills of workers, schedulers and drivers are in test_workflow_parallel and
test_workflow_commit; tests/soak draws all of it at random, for hours.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from dask_processes import find_workers, serve_dask
from drivers import Driver
from faulty_server import FAULTS, serve_faulty
from full_disk import LimitedDisk, mount_disk
from recorded import digest_pixels, list_staged, list_stagings, read_items
from s3_server import serve_s3
from small_world import VV, SmallWorld
from store_proxy import REFUSALS, serve_proxy
from watcher import watching

import smmap
from smmap.archive.verify import verify_output
from smmap.pipeline.progress import Progress
from smmap.product.layout import LAYOUT
from smmap.spec.errors import StoreError, TransientError
from smmap.store.open import open_output_store

STAGING = ".smmap/staging"


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    world = SmallWorld(tmp_path_factory.mktemp("scenes"))
    for day in range(4):
        world.add_radar(f"S1A_{day}", days=day, orbit=10 + day, vv=VV * (1 + 0.1 * day))
    world.add_optical("S2_CLEAR", days=0.5)
    world.add_optical("S2_LATER", days=2.5, red=0.1)
    return world.write().parent


@pytest.fixture(scope="module")
def undisturbed(scenes, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    run(scenes, out)
    return digest_pixels(open_output_store(out))


def run(scenes, out, *changes, **options):
    return smmap.run(
        "local-stac", out, changes=[f"catalog={scenes}/catalog.json", *changes], **options
    )


def list_items(out):
    return list(out.glob("soil-moisture/*/*/*/*/SMMAP*.json"))


def check_end(out, undisturbed):
    """Whole, with the same pixels, each unit once, and nothing left lying about."""
    store = open_output_store(out)
    assert verify_output(store) == []
    found = digest_pixels(store)
    assert {name: found.get(name) for name in undisturbed} == undisturbed
    assert len(read_items(store)) == 4
    assert store.list_files(LAYOUT.failures) == []


@pytest.mark.parametrize("kind", FAULTS)
def test_a_source_that_fails_in_one_way(scenes, tmp_path, undisturbed, kind):
    with serve_faulty(scenes, 0.1, seed=3, kinds=[kind]) as address:
        result = run(address, tmp_path)
    assert result.count("done") == 4, "one run gets over it"
    check_end(tmp_path, undisturbed)


def test_a_source_that_fails_in_every_way(scenes, tmp_path, undisturbed):
    with serve_faulty(scenes, 0.2, seed=1) as address:
        for _ in range(8):
            with contextlib.suppress(TransientError):
                if run(address, tmp_path).kept == 4:
                    break
            assert not list_broken(tmp_path)
        else:
            pytest.fail("the overpasses are never all mapped")
    check_end(tmp_path, undisturbed)


def list_broken(out: str | Path) -> list[str]:
    """What is wrong, links and cubes that a run that was stopped has still to bring up left out."""
    store = open_output_store(out)
    if store.read(LAYOUT.catalog) is None:
        return []
    return [one for one in verify_output(store) if "any run repairs" not in one]


@pytest.fixture(params=["mounted", "limited"])
def disk(request, tmp_path):
    if request.param == "limited":
        yield LimitedDisk(tmp_path / "disk")
        return
    with contextlib.ExitStack() as stack:
        try:
            yield stack.enter_context(mount_disk(tmp_path / "disk", megabytes=64))
        except PermissionError as error:
            pytest.skip(str(error))


def test_a_disk_that_is_full_for_a_while(scenes, disk, undisturbed):
    out = disk.folder / "out"
    driver = Driver(scenes / "catalog.json", out)
    assert driver.wait_for(lambda: list_items(out))
    pids = [one.pid for one in driver.list_processes()]
    while driver.process.poll() is None:
        disk.fill(pids)
        time.sleep(0.01)
    ending = driver.finish()
    assert ending.code == 6, ending.told
    assert "free space" in ending.told
    assert "Traceback" not in ending.told
    assert not list_broken(out)
    before = read_items(open_output_store(out))
    assert before, "something had been committed"
    disk.free(pids)
    assert run(scenes, out).kept == len(before), "what was committed is not done again"
    after = read_items(open_output_store(out))
    assert {path: after[path] for path in before} == before
    assert list_stagings(out / STAGING) == []
    check_end(out, undisturbed)


@pytest.fixture(scope="module")
def bucket():
    with serve_s3() as url:
        yield url


@pytest.fixture
def proxy(bucket, monkeypatch):
    """Between the run and its bucket."""
    with serve_proxy(os.environ["AWS_ENDPOINT_URL"]) as between:
        monkeypatch.setenv("AWS_ENDPOINT_URL", between.address)
        yield between


class _Refuses(Progress):
    """Lets the store refuse some writes at the start and after each overpass, in another way."""

    def __init__(self, proxy):
        self.proxy, self.ways = proxy, list(REFUSALS)

    def start(self, units):
        self.finish(None)

    def finish(self, receipt):
        if self.ways:
            self.proxy.refuse(self.ways.pop(), writes=4)


@pytest.mark.slow
def test_a_store_that_refuses_writes_for_a_while(scenes, bucket, proxy, undisturbed):
    out = f"{bucket}/refused"
    refuses = _Refuses(proxy)
    for _ in range(3 + 4 * len(REFUSALS)):
        before = read_items(open_output_store(out))
        with contextlib.suppress(TransientError):
            result = run(scenes, out, "batch=1", progress=refuses)
        assert not list_broken(out)
        after = read_items(open_output_store(out))
        assert {path: after[path] for path in before} == before
        if len(before) == 4:
            break
    assert proxy.refused == 4 * len(REFUSALS)
    assert result.kept == 4
    check_end(out, undisturbed)


def test_a_store_that_refuses_for_good_is_said(scenes, bucket, proxy):
    proxy.refuse("403")
    with pytest.raises(StoreError, match=f"{bucket}/denied.*check credentials"):
        run(scenes, f"{bucket}/denied")
    assert "catalog.json" not in open_output_store(f"{bucket}/denied").list_files("")


@pytest.mark.parametrize(
    "number,code",
    [pytest.param(signal.SIGTERM, 143, marks=pytest.mark.soak), (signal.SIGKILL, -9)],
)
def test_all_processes_of_a_run_at_once(scenes, tmp_path, undisturbed, number, code):
    out = tmp_path / "out"
    driver = Driver(scenes / "catalog.json", out, "--workers", "2")
    assert driver.wait_for(lambda: list_items(out))
    driver.signal_all(number)
    ending = driver.finish()
    driver.check_nothing_left()
    assert ending.code == code, ending.told
    assert "Traceback" not in ending.told
    if number is signal.SIGTERM:
        assert list_stagings(out / STAGING) == []
        assert verify_output(open_output_store(out)) == [], "what is committed is published"
    assert not list_broken(out)
    run(scenes, out)
    assert list_stagings(out / STAGING) == []
    check_end(out, undisturbed)


@pytest.mark.slow
def test_all_workers_at_once(scenes, tmp_path, undisturbed):
    with watching(str(tmp_path)) as watch:
        driver = Driver(scenes / "catalog.json", tmp_path, "--workers", "2")
        assert driver.wait_for(lambda: list_staged(tmp_path / STAGING))
        for one in find_workers(driver.process.pid):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        ending = driver.finish()
        driver.check_nothing_left()
    assert ending.code == 0, ending.told
    assert not watch.problems, watch.problems
    check_end(tmp_path, undisturbed)


def test_two_drivers_on_one_cluster(scenes, tmp_path, undisturbed):
    out = tmp_path / "out"
    with serve_dask(tmp_path, workers=1) as cluster:
        rivals = [
            Driver(scenes / "catalog.json", out, "--scheduler", cluster.address) for _ in range(2)
        ]
        endings = [rival.finish() for rival in rivals]
    assert [one.code for one in endings] == [0, 0], endings
    assert "Traceback" not in endings[0].told + endings[1].told
    check_end(out, undisturbed)


class _Rival(Progress):
    """Somebody else maps half of the overpasses just before they are begun here."""

    def __init__(self, world, out):
        self.world, self.out = world, out

    def start(self, units):
        run(self.world.folder, self.out, period="2023-06-01/2023-06-03")
        for day in range(2):
            self.world.get_path("sentinel-1-grd", f"S1A_{day}", "vv").unlink()

    def finish(self, receipt):
        """Nothing more."""

    def advance(self, headway):
        """Nothing more."""


def test_what_somebody_else_has_committed_is_not_done_again(tmp_path):
    world = SmallWorld(tmp_path / "scenes")
    for day in range(4):
        world.add_radar(f"S1A_{day}", days=day, orbit=10 + day)
    world.add_optical("S2_CLEAR", days=1.5)
    world.write()
    out = tmp_path / "out"
    result = run(world.folder, out, progress=_Rival(world, out))
    assert [one.status for one in result.receipts] == ["done"] * 4, "its scenes are not read"
    assert verify_output(open_output_store(out)) == []
    units = json.loads((out / LAYOUT.run_record).read_text())["units"]
    assert all(one["statistics"] for one in units.values()), "its figures stay in the report"


def test_killed_between_an_item_and_its_cube(scenes, tmp_path):
    run(scenes, tmp_path)
    store = open_output_store(tmp_path)
    published = {
        path: store.read(path)
        for path in store.list_files("soil-moisture")
        if path.endswith("/collection.json")
    }
    result = run(scenes, tmp_path, "optical.stale_days=0.1")
    assert result.count("done") == 4
    with store.open_staging() as staging:
        for path, data in published.items():
            store.put(path, data, staging)
    problems = verify_output(store)
    assert problems
    assert all("any run repairs" in one for one in problems)
    assert run(scenes, tmp_path, "optical.stale_days=0.1").kept == 4
    assert verify_output(store) == []


def test_killed_between_an_item_and_the_note_of_an_earlier_failure(scenes, tmp_path):
    result = run(scenes, tmp_path)
    store = open_output_store(tmp_path)
    with store.open_staging() as staging:
        for name in (result.receipts[0].unit, "SMMAP_OF_ANOTHER_RECIPE"):
            store.put(LAYOUT.failed(name), b"{}", staging)
    assert run(scenes, tmp_path).kept == 4
    assert store.list_files(LAYOUT.failures) == [LAYOUT.failed("SMMAP_OF_ANOTHER_RECIPE")]
