"""Workers that have done their share are started anew."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from smmap.crew.open_crew import open_crew
from smmap.spec.cluster import LocalCluster


@dataclass(frozen=True)
class Question:
    id: str


class ProcessJob:
    """Says which process it is done by."""

    @contextmanager
    def open(self):
        yield lambda _: os.getpid()


@pytest.fixture(scope="module")
def crew():
    local = LocalCluster.parse({"kind": "local", "workers": 1, "recycle": 1}, "test")
    with open_crew(local, ProcessJob(), 1) as one:
        yield one


def do(crew, name):
    crew.submit(Question(name))
    found = []
    while not found:
        found = crew.wait(5.0)
    return found[0].result


def test_a_worn_worker_is_started_anew_also_when_nothing_was_out_with_its_last_piece(crew):
    assert len({do(crew, f"piece-{number}") for number in range(3)}) == 3


def test_a_worn_worker_that_has_ended_by_itself_is_no_fault_of_the_run(crew):
    crew._renew("tcp://127.0.0.1:9")
    assert do(crew, "after")
