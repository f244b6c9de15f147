"""What becomes of tasks that go wrong, by the outcomes that a crew may report."""

from __future__ import annotations

import itertools
from collections import defaultdict

import pytest
from odc.geo.geobox import GeoBox

from smmap.crew import work_queue
from smmap.crew.job import Outcome
from smmap.crew.work_queue import DEATHS, RETRIES, WorkQueue
from smmap.pipeline.run import find_passing
from smmap.pipeline.unit_job import Finished
from smmap.spec.errors import SceneError, StoreError, TransientError
from smmap.spec.tile import Block, Tile
from smmap.spec.unit import Receipt, Task, Unit

BOX = GeoBox.from_bbox((0, 0, 40, 40), "EPSG:32631", resolution=10)
TILE = Tile("here", BOX)


def make_task(name: str, *units: str) -> Task:
    made = (Unit(one, TILE, None, {}, "0" * 64, Block.whole(BOX)) for one in units or (name,))
    return Task(name, TILE, tuple(made))


def done(task: Task, *failing: str, passing: bool = True) -> Outcome:
    return Outcome(
        task,
        Finished(
            tuple(
                Receipt(one.id, "failed", "", reason="slow", passing=passing)
                if one.id in failing
                else Receipt(one.id, "done", "")
                for one in task.units
            )
        ),
    )


class ScriptedCrew:
    """Answers each task as its script says; keeps what was out at the same time."""

    slots, dashboard = 2, None

    def __init__(self, **script):
        self.script = {name: iter(answers) for name, answers in script.items()}
        self.log, self.out, self.beside = [], [], defaultdict(list)

    def submit(self, task):
        self.log.append((task.id, tuple(unit.id for unit in task.units)))
        self.out.append(task)
        for one in self.out:
            self.beside[one.id].append(len(self.out))

    def wait(self, seconds):
        task = self.out.pop(0)
        answer = next(self.script.get(task.id, itertools.repeat(done)))
        return [answer(task)]


@pytest.fixture(autouse=True)
def _hasty(monkeypatch):
    monkeypatch.setattr(work_queue, "FIRST_WAIT_S", 0.01)


def work(crew, *tasks):
    """Receipts by unit, and the reasons of tasks that were given up."""
    given_up = {}

    def fail(task, reason):
        given_up[task.id] = reason
        return Finished(tuple(Receipt(unit.id, "failed", "", reason=reason) for unit in task.units))

    receipts, over = {}, []
    for task, left, last in WorkQueue(tasks, crew, fail, find_rest=find_passing).run():
        finished = [one for one in left.receipts if last or not one.passing]
        assert not {one.unit for one in finished} & receipts.keys(), "told once"
        receipts |= {one.unit: one.status for one in finished}
        over += [task.id] if last else []
    assert sorted(over) == sorted(task.id for task in tasks), "each is over once"
    return receipts, given_up


def test_order_and_number_of_tasks_at_once():
    crew = ScriptedCrew()
    names = [f"t{i:02}" for i in range(20)]
    receipts, _ = work(crew, *map(make_task, names))
    assert [name for name, _ in crew.log] == names
    assert max(map(max, crew.beside.values())) == 2 * crew.slots
    assert set(receipts.values()) == {"done"}


def test_only_units_that_a_passing_fault_failed_are_tried_again_at_the_end():
    script = [lambda task: done(task, "b"), done]
    crew = ScriptedCrew(one=iter(script))
    receipts, _ = work(crew, make_task("one", "a", "b"), *map(make_task, "xyzuvw"))
    assert crew.log[0] == ("one", ("a", "b"))
    assert crew.log[-1] == ("one", ("b",))
    assert receipts["b"] == "done"


def test_a_passing_fault_that_stays_fails_in_the_end():
    crew = ScriptedCrew(one=itertools.repeat(lambda task: done(task, "b")))
    receipts, given_up = work(crew, make_task("one", "a", "b"))
    assert len(crew.log) == 1 + RETRIES
    assert receipts == {"a": "done", "b": "failed"}
    assert not given_up


def test_a_lasting_fault_is_not_tried_again():
    crew = ScriptedCrew(one=itertools.repeat(lambda task: done(task, "b", passing=False)))
    receipts, _ = work(crew, make_task("one", "a", "b"))
    assert len(crew.log) == 1
    assert receipts["b"] == "failed"


@pytest.mark.parametrize(
    "outcome,attempts,reason",
    [
        ({"error": TransientError("store is busy")}, 1 + RETRIES, "store is busy"),
        ({"error": SceneError("no such scene")}, 1, "no such scene"),
        ({"trace": "Traceback ...\nValueError: seven"}, 1, "unexpected error: ValueError: seven"),
        ({"lost": "tcp://w:1", "deaths": 1}, DEATHS, "set aside"),
    ],
)
def test_a_task_that_breaks_off_costs_itself_alone(outcome, attempts, reason):
    crew = ScriptedCrew(bad=itertools.repeat(lambda task: Outcome(task, **outcome)))
    receipts, given_up = work(crew, *map(make_task, ("x", "bad", "y", "z")))
    assert [name for name, _ in crew.log].count("bad") == attempts
    assert receipts == {"x": "done", "bad": "failed", "y": "done", "z": "done"}
    assert reason in given_up["bad"]


def test_a_suspect_is_alone_when_it_is_tried_again():
    crew = ScriptedCrew(
        bad=iter([lambda task: Outcome(task, lost="w", deaths=1)] * DEATHS),
        innocent=iter([lambda task: Outcome(task, lost="w", deaths=1), done]),
    )
    receipts, given_up = work(crew, *map(make_task, ("bad", "innocent", "x", "y", "z")))
    assert receipts["innocent"] == "done"
    assert list(given_up) == ["bad"]
    assert crew.beside["bad"][-(DEATHS - 1) :] == [1] * (DEATHS - 1)
    assert crew.beside["innocent"][-1] == 1


def test_a_store_that_cannot_be_written_ends_the_run():
    crew = ScriptedCrew(bad=iter([lambda task: Outcome(task, error=StoreError("disk full"))]))
    with pytest.raises(StoreError, match="disk full"):
        work(crew, make_task("bad"), make_task("x"))
