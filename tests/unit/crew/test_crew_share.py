"""Workers on several machines have equal parts of what a provider allows; those of one count."""

from __future__ import annotations

import os
from pathlib import Path

from dask_processes import serve_dask
from share_job import Question, ShareJob

from smmap.crew.open_crew import open_crew
from smmap.spec.cluster import AddressCluster, LocalCluster

TESTS = Path(__file__).parents[2]


def ask(cluster, count):
    with open_crew(cluster, ShareJob(), 1) as crew:
        for number in range(count):
            crew.submit(Question(f"q{number}"))
        found = []
        while len(found) < count:
            found += crew.wait(5.0)
    assert not any(one.trace or one.error for one in found), found
    return [one.result for one in found]


def test_a_worker_of_a_cluster_has_its_part(tmp_path):
    workers = 2
    places = os.pathsep.join((str(TESTS), os.environ.get("PYTHONPATH", "")))
    with serve_dask(tmp_path, workers, os.environ | {"PYTHONPATH": places}) as cluster:
        from distributed import Client

        with Client(cluster.address) as client:
            client.wait_for_workers(workers, timeout=60)
        address = {"kind": "address", "address": cluster.address}
        assert ask(AddressCluster.parse(address, "test"), 4) == [1 / workers] * 4


def test_workers_of_this_machine_count_together():
    local = LocalCluster.parse({"kind": "local", "workers": 1}, "test")
    assert ask(local, 2) == [None, None]
