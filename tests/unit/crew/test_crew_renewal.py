"""Workers that have done their share, or have ended, give way to others; no piece is lost by it."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass

import dask.config
import psutil
import pytest

from smmap.crew import dask_crew
from smmap.crew.open_crew import open_crew
from smmap.crew.work_queue import WorkQueue
from smmap.spec.cluster import LocalCluster


@dataclass(frozen=True)
class Question:
    id: str
    seconds: float = 0.0


class ProcessJob:
    """Says which process it is done by."""

    @contextmanager
    def open(self):
        yield lambda piece: time.sleep(piece.seconds) or os.getpid()


@contextmanager
def gather(**options):
    local = LocalCluster.parse({"kind": "local", "workers": 1} | options, "test")
    with open_crew(local, ProcessJob(), 1) as one:
        yield one


@pytest.fixture(scope="module")
def crew():
    with gather(recycle=1) as one:
        yield one


@pytest.fixture
def _looks_often(monkeypatch):
    monkeypatch.setattr(dask_crew, "_LOOK_S", 0.2)


def do(crew, name):
    crew.submit(Question(name))
    found = []
    while not found:
        found = crew.wait(5.0)
    return found[0].result


def find_watchers(crew):
    """What watches each worker process that is to be there."""
    return list(crew._client.cluster.workers.values())


def test_a_worn_worker_is_started_anew_also_when_nothing_was_out_with_its_last_piece(crew):
    assert len({do(crew, f"piece-{number}") for number in range(3)}) == 3


def test_a_worn_worker_that_has_ended_by_itself_is_no_fault_of_the_run(crew):
    crew._renew("tcp://127.0.0.1:9")
    assert do(crew, "after")


def test_a_worker_that_is_renewed_is_never_taken_for_a_lost_one():
    # Dask looks for a worker again so long after it left: here always during the next renewal.
    pieces = [Question(f"piece-{number}") for number in range(5)]
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "1s"}),
        gather(recycle=1) as one,
    ):
        done = [piece.id for piece, _, _ in WorkQueue(pieces, one, pytest.fail).run()]
    assert sorted(done) == [piece.id for piece in pieces]


@pytest.mark.usefixtures("_looks_often")
def test_a_worker_whose_watcher_has_ended_gets_a_successor():
    with gather(workers=2) as one:
        first = {watcher.pid for watcher in find_watchers(one)}
        for watcher in find_watchers(one):
            one._client.sync(watcher.close)
        assert do(one, "after") not in first
        end = time.monotonic() + 40
        while len(one._client.nthreads()) < 2:
            assert time.monotonic() < end, "one of two is there again"
            one.wait(0.1)


def kill(pid):
    psutil.Process(pid).kill()


def kill_before(crew, watcher):
    kill(watcher.pid)
    crew._renew(watcher.worker_address)


def kill_while(crew, watcher):
    pid = watcher.pid
    crew._renew(watcher.worker_address)
    kill(pid)


def kill_successor(crew, watcher):
    """While it starts: nobody knows it yet."""
    there = set(psutil.Process().children(recursive=True))
    crew._renew(watcher.worker_address)
    end = time.monotonic() + 40
    while not (new := set(psutil.Process().children(recursive=True)) - there):
        assert time.monotonic() < end, "no successor was started"
        time.sleep(0.01)
    for process in new:
        process.kill()


@pytest.mark.usefixtures("_looks_often")
@pytest.mark.parametrize("strike", [kill_before, kill_while, kill_successor])
def test_a_worker_that_is_killed_about_its_renewal_costs_no_piece(strike):
    pieces = [Question(f"piece-{number}", seconds=0.1) for number in range(6)]
    with gather() as one:
        done = []
        for piece, _, _ in WorkQueue(pieces, one, pytest.fail).run():
            done.append(piece.id)
            if len(done) == 2:
                strike(one, *find_watchers(one))
    assert sorted(done) == [piece.id for piece in pieces]
