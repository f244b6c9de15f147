"""Which unpacked blocks stay: those held, then those that are not done with, then the latest."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from smmap.stack.kept_blocks import KeptBlocks

BYTES = 80


def name(number):
    return ("a", "band 1", 0, number)


def put(kept, *numbers):
    for number in numbers:
        kept.put(name(number), np.full(BYTES // 8, number, np.int64))


def list_kept(kept):
    return [number for number in range(20) if name(number) in kept]


def test_the_least_recently_used_go_first():
    kept = KeptBlocks(3 * BYTES)
    put(kept, 0, 1, 2)
    assert kept.get(name(0)).tolist() == [0] * 10
    put(kept, 3)
    assert list_kept(kept) == [0, 2, 3]


def test_what_is_done_with_goes_before_what_is_older():
    kept = KeptBlocks(3 * BYTES)
    put(kept, 0, 1, 2)
    kept.finish(name(2))
    kept.finish(name(9))  # is not there
    put(kept, 3)
    assert list_kept(kept) == [0, 1, 3]
    kept.finish(name(0))
    assert kept.get(name(0)) is not None, "as long as there is room"
    put(kept, 4)
    assert list_kept(kept) == [1, 3, 4]


def test_what_is_held_stays_as_often_as_it_is_held():
    kept = KeptBlocks(4 * BYTES)
    put(kept, 0, 1)
    assert kept.hold([name(0), name(7)], BYTES) == [name(0), name(7)]
    assert kept.hold([name(0)], BYTES) == [name(0)]
    put(kept, 2, 3, 4, 5, 6, 7, 8, 9, 10)
    assert list_kept(kept) == [0, 7, 9, 10]
    kept.let_go([name(0), name(7)], BYTES)
    put(kept, 11)
    assert list_kept(kept) == [0, 9, 10, 11]
    kept.let_go([name(0)], BYTES)
    put(kept, 12)
    assert list_kept(kept) == [9, 10, 11, 12]


def test_no_more_than_half_is_held():
    kept = KeptBlocks(4 * BYTES + 1)
    put(kept, 0, 1, 2, 3)
    assert kept.hold([name(0), name(1), name(2)], BYTES) == [name(0), name(1)]
    assert kept.hold([name(1), name(2)], BYTES) == [name(1)], "it is held already"
    kept.let_go([name(1)], BYTES)
    kept.let_go([name(0), name(1)], BYTES)
    assert kept.hold([name(2), name(3)], BYTES) == [name(2), name(3)]


@settings(max_examples=200)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["put", "hold", "finish", "get"]), st.integers(0, 19)),
        max_size=60,
    )
)
def test_memory_is_bounded_and_nothing_is_lost_that_is_held(steps):
    kept, held = KeptBlocks(6 * BYTES), set()
    for what, number in steps:
        key = name(number)
        if what == "put" and key not in kept:
            put(kept, number)
        elif what == "hold" and key in kept and key not in held:
            held |= {*kept.hold([key], BYTES)}
        elif what == "finish":
            kept.finish(key)
        elif key in kept:
            assert kept.get(key)[0] == number
        assert len(list_kept(kept)) <= 6
        assert all(one in kept for one in held)
        assert len(held) <= 3
