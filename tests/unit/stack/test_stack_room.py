"""Bytes that wait: no more than there is room for, and what several hold counted once."""

from smmap.stack.room import Room


def test_what_several_take_is_there_once_and_free_after_the_last():
    room = Room(10)
    with room.take({("a", 0): 6, ("b", 0): 3}) as first:
        with room.take({("a", 0): 6, ("a", 6): 1}) as second, room.take({("c", 0): 1}) as third:
            assert (first, second, third) == (True, True, False)
        with room.take({("c", 0): 1}) as after, room.take({("c", 1): 1}) as full:
            assert (after, full) == (True, False)
        with room.take({("a", 0): 6}) as known:
            assert known, "it is there already"
    with room.take({("c", 0): 11}) as large, room.take({("c", 0): 10}) as all_of_it:
        assert (large, all_of_it) == (False, True)
