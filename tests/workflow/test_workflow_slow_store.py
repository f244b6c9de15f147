"""A store that throttles, goes away or takes its leave in the middle of a run."""

from __future__ import annotations

import re
import time

import pytest
from s3_server import serve_s3
from slow_store_proxy import serve_slow_store
from small_world import VV, SmallWorld

import smmap
from smmap.archive.verify import verify_output
from smmap.crew import work_queue
from smmap.spec.errors import StoreError, TransientError
from smmap.store import connect
from smmap.store.objects import ObjectOutput


@pytest.fixture(scope="module")
def changes(tmp_path_factory):
    world = SmallWorld(tmp_path_factory.mktemp("scenes"))
    for day in range(3):
        world.add_radar(f"S1A_{day}", days=day, orbit=10 + day, vv=VV * (1 + 0.1 * day))
    world.add_optical("S2_CLEAR", days=0.5)
    return [f"catalog={world.write()}", "batch=1"]


@pytest.fixture(scope="module")
def bucket():
    with serve_s3() as url:
        yield url


@pytest.fixture
def proxy(bucket, monkeypatch):
    monkeypatch.setattr(connect, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(connect, "LONGEST_WAIT_S", 0.01)
    monkeypatch.setattr(connect, "RETRIES", 4)
    monkeypatch.setattr(work_queue, "FIRST_WAIT_S", 0.01)
    with serve_slow_store() as one:
        yield one


@pytest.fixture(scope="module")
def undisturbed(bucket, changes):
    out = f"{bucket}/undisturbed"
    smmap.run("local-stac", out, changes=changes)
    return read_pixels(out)


def read_pixels(out):
    store = ObjectOutput(out)
    paths = [
        path
        for folder in ("soil-moisture", "cubes")
        for path in store.list_files(folder)
        if not path.endswith(".json") or path.endswith("zarr.json")
    ]
    return dict(zip(paths, store.read_many(paths), strict=True))


def fail_after_an_item(fault):
    """From the moment on when the first item was put."""
    begun = []

    def choose(method, path):
        if begun:
            return fault
        if method == "PUT" and re.search(r"/soil-moisture/.*/SMMAP_[^/]*\.json$", path):
            begun.append(path)
        return None

    return choose


def finish(out, changes, undisturbed):
    """A plain rerun ends the same."""
    assert smmap.run("local-stac", out, changes=changes).kept >= 1
    assert verify_output(ObjectOutput(out)) == []
    found = read_pixels(out)
    assert {path: found.get(path) for path in undisturbed} == undisturbed


def test_a_store_that_throttles_costs_time_alone(proxy, bucket, changes, undisturbed):
    def throttle(method, path):
        # Every other time that this is asked: chance would now and then refuse all attempts at it.
        return 503 if proxy.asked.count((method, path)) % 2 else None

    proxy.choose_fault = throttle
    out = f"{bucket}/throttled"
    assert smmap.run("local-stac", out, changes=changes).count("done") == 3
    assert read_pixels(out) == undisturbed


def test_a_store_that_goes_away_ends_the_run_in_bounded_time(proxy, bucket, changes, undisturbed):
    out = f"{bucket}/gone"
    proxy.choose_fault = fail_after_an_item("reset")
    started = time.monotonic()
    with pytest.raises(TransientError, match=rf"{out}/.*rerun later") as caught:
        smmap.run("local-stac", out, changes=changes)
    assert time.monotonic() - started < 60
    assert "\n" not in str(caught.value)
    proxy.choose_fault = lambda method, path: None
    finish(out, changes, undisturbed)


def test_credentials_that_end_in_the_middle_end_the_run_at_once(
    proxy, bucket, changes, undisturbed
):
    out = f"{bucket}/expired"
    choose = fail_after_an_item(403)
    refused = []

    def count(method, path):
        fault = choose(method, path)
        refused.extend([path] * (fault is not None))
        return fault

    proxy.choose_fault = count
    with pytest.raises(StoreError, match=f"{out}/.*the store refuses .*check credentials"):
        smmap.run("local-stac", out, changes=changes)
    assert len(refused) < 20
    proxy.choose_fault = lambda method, path: None
    finish(out, changes, undisturbed)
