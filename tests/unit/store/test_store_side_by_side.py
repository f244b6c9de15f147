"""Several things at once: all of them, no more at a time than allowed, and never stuck."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from smmap.store.session import CONNECTIONS
from smmap.store.side_by_side import do_side_by_side


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_every_item_is_done_once(count):
    assert sorted(do_side_by_side(lambda one: 2 * one, range(count), 6)) == [
        2 * one for one in range(count)
    ]


def test_as_many_at_once_as_allowed_and_no_more():
    """Each waits until four are there; a fifth would be seen."""
    meet, inside, most = threading.Barrier(4, timeout=20), [], []

    def act(number):
        inside.append(number)
        most.append(len(inside))
        meet.wait()
        inside.remove(number)

    do_side_by_side(act, range(12), 4)
    assert max(most) == 4


def test_an_error_comes_when_nothing_is_under_way_any_more():
    ended = []

    def act(number):
        if number == 3:
            raise ValueError("three")
        time.sleep(0.05)
        ended.append(number)

    with pytest.raises(ValueError, match="three"):
        do_side_by_side(act, range(6), 3)
    before = list(ended)
    time.sleep(0.1)
    assert ended == before


def test_who_finds_all_threads_busy_does_it_alone():
    """More callers than there are threads to help them, all at the same time."""
    callers = 2 * CONNECTIONS
    meet = threading.Barrier(callers, timeout=20)

    def call(_):
        meet.wait()
        return do_side_by_side(lambda one: time.sleep(0.001) or one, range(5), 6)

    with ThreadPoolExecutor(callers) as pool:
        assert all(sorted(one) == [*range(5)] for one in pool.map(call, range(callers)))
