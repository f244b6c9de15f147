"""Three groups of threads: all is done, little is held, and whatever fails, all of it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from contextvars import ContextVar
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smmap.pipeline.lanes import open_lanes


class UnforeseenError(Exception):
    """What a stage raises."""


def work(threads, jobs, parts, pieces, trouble=None):
    """Jobs of so many parts through all lanes; those written, and the most parts held at once."""
    written, computed, held, most = [], [], set(), 0
    lock = threading.Lock()

    def go_wrong(stage, job, part):
        if trouble == (stage, job, part):
            raise UnforeseenError(trouble)

    with open_lanes(threads) as lanes:

        def read(job):
            for part in range(parts):
                if not lanes.stopped:
                    read_part(job, part)

        def read_part(job, part):
            nonlocal most
            with lock:
                held.add((job, part))
                most = max(most, len(held))
            go_wrong("read", job, part)
            lanes.compute(partial(compute, job, part), range(pieces))

        def compute(job, part, piece):
            go_wrong("compute", job, part)
            with lock:
                computed.append((job, part, piece))
                whole = sum(one[:2] == (job, part) for one in computed) == pieces
                if whole:
                    held.discard((job, part))
            if whole:
                lanes.write(write, job, part)

        def write(job, part):
            go_wrong("write", job, part)
            written.append((job, part))

        for job in range(jobs):
            lanes.read(read, job)
    return written, most, computed


def in_time(action):
    """Run it in a thread: a deadlock fails the test instead of holding it up."""
    outcome = []

    def run():
        try:
            outcome.append(action())
        except UnforeseenError as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(20)
    assert outcome, "the lanes do not come to their end"
    return outcome[0]


@given(st.integers(1, 4), st.integers(0, 9), st.integers(1, 5), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_every_part_is_written_once(threads, jobs, parts, pieces):
    written, most, computed = in_time(lambda: work(threads, jobs, parts, pieces))
    assert sorted(written) == [(job, part) for job in range(jobs) for part in range(parts)]
    assert sorted(computed) == [(*one, piece) for one in sorted(written) for piece in range(pieces)]
    assert most <= 2 * threads


@given(
    st.integers(1, 4),
    st.sampled_from(["read", "compute", "write"]),
    st.integers(0, 5),
    st.integers(0, 4),
)
@settings(max_examples=60, deadline=None)
def test_an_error_anywhere_ends_everything(threads, stage, job, part):
    before = threading.active_count()
    error = in_time(lambda: work(threads, 6, 5, 3, (stage, job, part)))
    assert isinstance(error, UnforeseenError)
    assert error.args == ((stage, job, part),)
    assert threading.active_count() == before


def test_what_waits_is_dropped_after_an_error():
    begun = []

    def read(job):
        begun.append(job)
        raise UnforeseenError

    def submit():
        with open_lanes(1) as lanes:
            for job in range(1000):
                lanes.read(read, job)

    with pytest.raises(UnforeseenError):
        submit()
    assert len(begun) < 1000


def test_reading_goes_on_while_others_are_computed_and_written():
    """Each of three jobs waits for the others: one thread could not do them after each other."""
    together = threading.Barrier(3, timeout=20)
    with open_lanes(1) as lanes:
        lanes.read(together.wait)
        lanes.compute(lambda _: together.wait(), [0])
        lanes.write(together.wait)


def test_pieces_of_one_part_are_computed_side_by_side():
    together = threading.Barrier(3, timeout=20)
    with open_lanes(3) as lanes:
        lanes.read(lambda: lanes.compute(lambda _: together.wait(), range(3)))


def test_readers_wait_for_those_that_compute():
    gate, loaded = threading.Event(), []

    with open_lanes(2) as lanes:

        def read(job):
            for part in range(5):
                loaded.append((job, part))
                lanes.compute(gate.wait, [20, 20, 20])

        for job in range(4):
            lanes.read(read, job)
        time.sleep(0.3)
        at_rest = len(loaded)
        gate.set()
    assert at_rest == 4, "two are computed, two are held by readers"
    assert len(loaded) == 20


def test_an_error_of_the_caller_ends_them_too():
    seen = []

    def read(lanes):
        while not lanes.stopped:
            time.sleep(0.001)
        seen.append(lanes.stopped)

    def go_wrong():
        with open_lanes(2) as lanes:
            lanes.read(read, lanes)
            time.sleep(0.05)
            raise UnforeseenError

    with pytest.raises(UnforeseenError):
        go_wrong()
    assert seen == [True]


def test_threads_know_the_callers_context():
    task: ContextVar[str] = ContextVar("task", default="-")
    seen = []
    task.set("t1")
    with open_lanes(1) as lanes:
        lanes.read(
            lambda: lanes.compute(lambda _: lanes.write(lambda: seen.append(task.get())), [0])
        )
    assert seen == ["t1"]


SCRIPT = """
import signal, sys, time
from smmap.pipeline.lanes import open_lanes
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
with open_lanes(2) as lanes:
    def read():
        sys.stdout.write("reads\\n")
        sys.stdout.flush()
        while not lanes.stopped:
            lanes.compute(time.sleep, [0.01])
    for _ in range(100):
        lanes.read(read)
"""


def test_ctrl_c_ends_them():
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=-1, stderr=-1, text=True)
    try:
        assert process.stdout.readline() == "reads\n"
        time.sleep(0.5)  # all jobs are handed over, and it waits for their end
        process.send_signal(signal.SIGINT)
        told, error = process.communicate(timeout=60)
    finally:
        process.kill()
    assert error.strip().endswith("KeyboardInterrupt")
    assert told.count("reads") <= 1, "readers that had not begun do not begin"
